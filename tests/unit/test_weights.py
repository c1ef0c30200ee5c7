"""What comes with the course loads, draws faces, and is plain, small and labelled."""

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from gancourse.checkpoint import save_weights
from gancourse.data import DrawnFacades, DrawnFaces, DrawnLandscapes, to_float
from gancourse.data.drawn_landscapes import FIRST_VALIDATION, LEGEND, REGIONS, draw_scenes, flat_maps
from gancourse.errors import CourseError
from gancourse.metrics import (
    l1_distance,
    label_agreement,
    match_statistics,
    recolour_with_answers,
    sharpness,
    structural_similarity,
)
from gancourse.networks import ResNetGenerator, UNetGenerator
from gancourse.steps import beside
from gancourse.training import describe, draw_latents, sample, translate
from gancourse.weights import (
    COLLAPSED,
    DIRECTIONS,
    FOLDER,
    landscape_weights,
    load_facade_discriminator,
    load_facade_generator,
    load_facade_reader,
    load_face_discriminator,
    load_face_generator,
    load_landscape_generators,
    load_landscape_reader,
    load_map_generators,
    load_translator,
    trained_size,
)


def test_the_face_generator_draws_pictures_as_varied_as_drawn_faces():
    generator = load_face_generator()
    assert not generator.training
    faces = sample(generator, draw_latents(generator, 64, seed=0, step=0))
    assert faces.shape == (64, 3, 64, 64)
    drawn = DrawnFaces(64, progress=False)[:64]
    # Brightness over the picture, and how much pictures differ from each other: near the drawn ones, far from noise.
    assert (faces.mean(0) - drawn.mean(0)).abs().mean() < 0.15
    assert 0.6 < faces.std(0).mean() / drawn.std(0).mean() < 1.4


def test_the_same_latents_give_the_same_faces():
    latents = torch.randn(2, 100)
    assert torch.equal(sample(load_face_generator(), latents), sample(load_face_generator(), latents))


def test_the_discriminator_calls_drawn_faces_real_and_noise_not():
    discriminator = load_face_discriminator()
    assert not discriminator.training
    with torch.no_grad():
        drawn = discriminator(DrawnFaces(50, seed=9, progress=False)[:])
        noise = discriminator(torch.rand(50, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1)
    assert (drawn > 0).float().mean() > 0.6
    assert (noise > 0).float().mean() < 0.1


def test_the_collapsed_generator_makes_one_face():
    collapsed = load_face_generator(COLLAPSED)
    faces = sample(collapsed, draw_latents(collapsed, 64, seed=0, step=0))
    drawn = DrawnFaces(64, 32, progress=False)[:]
    assert faces.std(0).mean() < drawn.std(0).mean() / 3


def test_the_facade_generator_makes_facades_whose_labels_are_read_back():
    """It never saw these labels; the mean photo, the one answer to everything, is what it has to beat."""
    generator = load_facade_generator()
    assert not generator.training
    pairs = DrawnFacades(32, generator.image_size, "validation", progress=False)
    labels, photos = pairs[:]
    made, mean_photo = translate(generator, labels), photos.mean(dim=0).expand_as(photos)
    reader = load_facade_reader()
    agreement, chance = (label_agreement(some, pairs.codes.long(), reader).pixel for some in (made, mean_photo))
    assert agreement > 0.55
    assert agreement > chance + 0.15
    assert 0.4 < sharpness(made).mean() / sharpness(photos).mean() < 1.3
    assert structural_similarity(made, photos).mean() > structural_similarity(mean_photo, photos).mean() + 0.05


def test_what_does_not_translate_is_refused():
    with pytest.raises(CourseError, match="holds a DCGANGenerator"):
        load_facade_generator(FOLDER / "faces.safetensors")
    for nothing in (FOLDER / "nothing.safetensors", FOLDER):
        with pytest.raises(CourseError, match="There are no weights"):
            load_facade_generator(nothing)


@pytest.mark.parametrize(
    "translator",
    [
        UNetGenerator(32, 2, "instance", skips=False),
        ResNetGenerator(2, 3, 1, "batch", resize=True),
        ResNetGenerator(1, 2),
    ],
    ids=["U-Net", "all settings other", "ResNet"],
)
def test_any_translator_is_rebuilt_from_its_snapshot(translator, tmp_path):
    pictures = torch.rand(1, 3, 32, 32) * 2 - 1
    path = tmp_path / "snapshot.safetensors"
    save_weights(path, translator, image_size="32")
    rebuilt = load_translator(path)
    assert not rebuilt.training
    assert describe(rebuilt) == describe(translator)
    assert torch.allclose(sample(rebuilt, pictures), sample(translator, pictures), atol=0.01)  # float16
    assert trained_size(path) == 32


def test_a_snapshot_that_knows_its_direction_is_not_taken_for_the_other(tmp_path):
    path = tmp_path / "snapshot.safetensors"
    save_weights(path, ResNetGenerator(1, 2), direction="monet_to_photo")
    assert isinstance(load_translator(path, "monet_to_photo"), ResNetGenerator)
    with pytest.raises(CourseError, match="translates monet_to_photo, and photo_to_monet was asked for"):
        load_translator(path, "photo_to_monet")
    with pytest.raises(CourseError, match="holds a ResNetGenerator, which takes no labels"):
        load_facade_generator(path)
    with pytest.raises(CourseError, match="does not say at which size"):
        trained_size(path)


def test_the_pair_of_landscape_generators_is_there_first_and_back_second(tmp_path):
    made = {direction: ResNetGenerator(1, 2) for direction in DIRECTIONS}
    save_weights(tmp_path / "landscapes_photo_to_monet.safetensors", made["photo_to_monet"])
    with pytest.raises(CourseError, match=r"There are no weights .*landscapes_monet_to_photo"):
        load_landscape_generators(tmp_path)
    save_weights(tmp_path / "landscapes_monet_to_photo.safetensors", made["monet_to_photo"])
    for loaded, direction in zip(load_landscape_generators(tmp_path), DIRECTIONS, strict=True):
        assert not loaded.training
        for value, kept in zip(loaded.parameters(), made[direction].parameters(), strict=True):
            assert torch.equal(value, kept.half().float())


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_landscape_generators_come_nearer_to_the_right_answers_than_any_recolouring(direction):
    """They never saw these scenes, nor any pair; the affine recolouring is fitted to the very answers."""
    scenes = DrawnLandscapes(30, 64, "validation", progress=False)
    sources, answers = scenes.photos[:], scenes.monets[:]
    generator, back = load_landscape_generators()
    if direction == "monet_to_photo":
        sources, answers, generator, back = answers, sources, back, generator
    made = sample(generator, sources)

    def error(pictures):
        return l1_distance(pictures, answers).mean()

    assert error(made) < 0.6 * error(sources)
    assert error(made) < 0.75 * error(match_statistics(sources, sources, answers))
    assert error(made) < 0.95 * error(recolour_with_answers(sources, sources, answers))
    assert l1_distance(sample(back, made), sources).mean() < 0.4 * error(sources)  # and the way back is found
    assert trained_size(landscape_weights(direction)) == 64


def test_the_map_generators_hide_in_their_maps_what_a_map_does_not_show():
    """With every pixel as the legend has it a map looks as before, and what comes back of it has lost its water."""
    scenes = draw_scenes(20, 32, first=FIRST_VALIDATION)
    photos, maps, legend = (
        to_float(torch.from_numpy(some)) for some in (scenes.photos, flat_maps(scenes.regions), LEGEND)
    )
    regions = torch.from_numpy(scenes.regions).long()
    photo_to_map, map_to_photo = load_map_generators()
    fakes = sample(photo_to_map, photos)
    snapped = legend[torch.cdist(fakes.movedim(1, 3), legend).argmin(dim=3)].movedim(3, 1)
    assert ((snapped - maps).abs().amax(dim=1) < 0.01).float().mean() > 0.8
    assert l1_distance(fakes, snapped).mean() < 0.06

    back, back_of_snapped = sample(map_to_photo, fakes), sample(map_to_photo, snapped)
    assert l1_distance(back, photos).mean() < 0.8 * l1_distance(back_of_snapped, photos).mean()
    reader, read = load_landscape_reader(), {}
    for name, pictures in {"photos": photos, "back": back, "back of snapped": back_of_snapped}.items():
        shares = label_agreement(pictures, regions, reader, classes=REGIONS).shares
        read[name] = (shares["water"][1] + shares["field"][1]) / 2
    assert read["back"] > read["photos"] - 0.15
    assert read["back of snapped"] < read["back"] - 0.2


def test_every_file_says_how_it_was_made_and_all_are_small():
    files = list(FOLDER.glob("*.safetensors"))
    assert files
    for path in files:
        with safe_open(path, framework="pt") as file:
            command = file.metadata()["command"]
        expected = {
            "face_reader": "python tools/train_face_reader.py",
            "collapsed_faces": "python tools/record_face_runs.py drawn",
            "facade_reader": "python tools/train_facade_reader.py",
            "facades": "python -m gancourse train pix2pix",
            "facades_discriminator": "python tools/train_facade_judge.py",
            "landscape_reader": "python tools/train_landscape_reader.py",
            "landscapes_photo_to_monet": "python -m gancourse train cyclegan",
            "landscapes_monet_to_photo": "python -m gancourse train cyclegan",
            "maps_photo_to_map": "python tools/train_map_pair.py",
            "maps_map_to_photo": "python tools/train_map_pair.py",
        }.get(path.stem, "python -m gancourse train dcgan")
        assert expected in command
        assert {weight.dtype for weight in load_file(path).values()} <= {torch.float16, torch.int64}
    assert sum(path.stat().st_size for path in files) < 25e6


def test_the_facade_discriminator_tells_photos_from_what_the_generator_makes():
    discriminator = load_facade_discriminator()
    assert not discriminator.training
    generator = load_facade_generator()
    labels, photos = DrawnFacades(16, generator.image_size, "validation", progress=False)[:]
    with torch.no_grad():
        real = discriminator(beside(labels, photos))
        fake = discriminator(beside(labels, translate(generator, labels)))
    assert real.shape == (16, 1, 14, 14)
    assert (real > 0).float().mean() > 0.8
    assert (fake > 0).float().mean() < 0.2
