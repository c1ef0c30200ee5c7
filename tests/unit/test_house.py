"""The rules of the house: imports point one way, public names stay, nothing enters the repository that must not."""

import ast
import base64
import importlib
import inspect
import io
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from set_repository import set_repository

# Imports point one way -----------------------------------------------------------------------------------------------

# A room may import what is listed for it, whatever those may import, and errors.
LEAVES = (
    "networks",
    "losses",
    "hardware",
    "profile",
    "image_pool",
    "schedule",
    "latents",
    "show",
    "checkpoint",
    "progress",
)
MAY_IMPORT = {
    "errors": set(),
    **{leaf: set() for leaf in LEAVES},
    "__init__": {"image_pool", "schedule"},
    "weights": {"networks", "checkpoint"},
    "recorded": {"training"},
    "steps": {"losses"},
    "data": {"profile", "progress"},
    "training": {"steps", "hardware", "image_pool", "schedule", "data", "checkpoint", "progress"},
    "metrics": {"data", "networks", "progress"},
    "evaluate": {"metrics", "training", "weights", "hardware", "progress"},
    "translate": {"training", "data", "networks", "hardware", "progress"},
    "commands": {"evaluate", "translate", "show"},
    "__main__": {"commands"},
}
ABOVE_ALL = {"widgets", "checks"}  # anything, but not each other and no commands
ROOMS = sorted(MAY_IMPORT.keys() | ABOVE_ALL)


def allowed(room: str) -> set[str]:
    if room in ABOVE_ALL:
        return set(MAY_IMPORT) - {"__init__", "__main__", "commands"} | {room}
    below = {"errors", room}
    for other in MAY_IMPORT[room]:
        below |= allowed(other)
    return below


def imported_rooms(tree: ast.Module, package: list[str]) -> Iterator[str]:
    """The rooms of gancourse that a module imports, anywhere in it.  `package` is where relative imports start."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = start + (node.module.split(".") if node.module else [])
            names = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for name in names:
            if name[0] == "gancourse" and len(name) > 1:
                yield name[1]


def wrong_imports(package: Path) -> list[str]:
    """Every import in the package that points the wrong way, and every file outside the rooms."""
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        room = parts[0]
        if room not in ROOMS:
            found.append(f"{room} is not a room")
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for other in imported_rooms(tree, ["gancourse", *parts[:-1]]):
            # A capitalised name is an object of gancourse/__init__.py, which only those above all may use.
            if other not in allowed(room) and not (room in ABOVE_ALL and other not in ROOMS):
                found.append(f"{room} imports {other}")
    return found


def test_imports_point_one_way(repository: Path) -> None:
    assert wrong_imports(repository / "gancourse") == []


@pytest.mark.parametrize("room", ROOMS)
def test_each_import_that_points_the_wrong_way_is_found(room: str, tmp_path: Path) -> None:
    for other in ROOMS:
        (tmp_path / f"{room}.py").write_text(f"from gancourse.{other} import something\n")
        expected = [] if other in allowed(room) else [f"{room} imports {other}"]
        assert wrong_imports(tmp_path) == expected


@pytest.mark.parametrize(
    ("room", "others"),
    [
        ("losses", {"steps"}),
        ("networks", {"losses", "training"}),
        ("steps", {"data"}),
        ("data", {"training", "networks"}),
        ("training", {"widgets", "__main__", "metrics"}),
        ("commands", {"widgets", "checks"}),
        ("widgets", {"checks", "__main__"}),
        ("checks", {"widgets", "__main__"}),
    ],
)
def test_the_table_forbids_what_the_design_forbids(room: str, others: set[str]) -> None:
    assert not others & allowed(room)


@pytest.mark.parametrize(
    "line",
    [
        "import gancourse.training",
        "from gancourse import training",
        "from .. import training",
        "from ..training import train_gan",
        "def late():\n    from gancourse.training import train_gan",
    ],
)
def test_every_spelling_of_an_import_is_read(line: str, tmp_path: Path) -> None:
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "dcgan.py").write_text(f"{line}\n")
    assert wrong_imports(tmp_path) == ["networks imports training"]


def test_a_file_outside_the_rooms_is_found(tmp_path: Path) -> None:
    (tmp_path / "utils.py").write_text("")
    assert wrong_imports(tmp_path) == ["utils is not a room"]


# The public names ----------------------------------------------------------------------------------------------------

# Arguments may be added behind these, with defaults.
PUBLIC = {
    "gancourse.networks.DCGANGenerator": "latent_size=100, image_size=64, width=64",
    "gancourse.networks.DCGANDiscriminator": "image_size=64, width=64",
    "gancourse.networks.initialise_weights": "module, std=0.02",
    "gancourse.networks.UNetGenerator": 'image_size=256, width=64, norm="batch", skips=True',
    "gancourse.networks.PatchDiscriminator": 'in_channels=3, layers=3, width=64, norm="instance"',
    "gancourse.networks.receptive_field": "layers",
    "gancourse.networks.patch_box": "row, column, layers, image_size",
    "gancourse.networks.conv": "in_channels, out_channels, kernel_size=4, stride=2, padding=1, batch_norm=True",
    "gancourse.networks.deconv": "in_channels, out_channels, kernel_size=4, stride=2, padding=1, batch_norm=True",
    "gancourse.networks.conv_size": "size, kernel_size, stride, padding",
    "gancourse.networks.deconv_size": "size, kernel_size, stride, padding, output_padding=0",
    "gancourse.losses.discriminator_bce_loss": "real_logits, fake_logits",
    "gancourse.losses.generator_bce_loss": "fake_logits",
    "gancourse.losses.generator_saturating_loss": "fake_logits",
    "gancourse.losses.discriminator_lsgan_loss": "real_logits, fake_logits",
    "gancourse.losses.generator_lsgan_loss": "fake_logits",
    "gancourse.steps.discriminator_step": None,
    "gancourse.steps.generator_step": None,
    "gancourse.losses.l1_loss": "images, targets",
    "gancourse.losses.l2_loss": "images, targets",
    "gancourse.steps.paired_discriminator_step": None,
    "gancourse.steps.paired_generator_step": None,
    "gancourse.steps.pixel_step": None,
    "gancourse.training.train_pix2pix": None,
    "gancourse.training.train_cyclegan": None,
    "gancourse.training.unpaired_batches": "photo_count, monet_count, batch_size, seed, first_step=0",
    "gancourse.evaluate.judge_landscapes": "translators, held_out, training, reader, direction='photo_to_monet'",
    "gancourse.metrics.stroke_strength": "pictures",
    "gancourse.metrics.hue_shift": "pictures, others",
    "gancourse.steps.cycle_generators_step": None,
    "gancourse.steps.domain_discriminator_step": None,
    "gancourse.training.translate": "generator, pictures, train_statistics=False, seed=0",
    "gancourse.data.download": "name, to=None, source=None",
    "gancourse.data.facades": None,
    "gancourse.data.FacadesPairs": None,
    "gancourse.data.monet2photo": None,
    "gancourse.data.UnpairedImages": None,
    "gancourse.data.report.check_pictures": "source, other=None, size=64",
    "gancourse.metrics.frechet_distance": "features, others",
    "gancourse.metrics.kernel_distance": "features, others",
    "gancourse.metrics.compare": "candidates, reference",
    "gancourse.metrics.attribute_coverage": "images, reader, reference",
    "gancourse.metrics.inception_features": "images, weights=None",
    "gancourse.weights.load_face_reader": "",
    "gancourse.networks.PixelReader": "width=16, classes=12",
    "gancourse.metrics.l1_distance": "photos, others",
    "gancourse.metrics.structural_similarity": "photos, others",
    "gancourse.metrics.sharpness": "photos",
    "gancourse.metrics.label_agreement": "photos, codes, reader",
    "gancourse.metrics.label_codes": "labels",
    "gancourse.weights.load_facade_reader": "",
    "gancourse.weights.load_landscape_reader": "",
    "gancourse.weights.load_landscape_generators": None,
    "gancourse.weights.load_translator": "path, direction=None",
    "gancourse.training.train_gan": None,
    "gancourse.data.faces": None,
    "gancourse.latents.slerp": "start, end, fraction",
    "gancourse.latents.attribute_direction": "latents, amounts, share=0.2",
    "gancourse.recorded.load_face_run": "name",
    "gancourse.widgets.shape_calculator": "",
    "gancourse.widgets.latent_explorer": "generator, reader, directions",
    "gancourse.widgets.face_training_scrubber": "run",
    "gancourse.widgets.receptive_field_explorer": "photo",
    "gancourse.widgets.patch_score_map": "generator, discriminator, labels, photos",
    "gancourse.widgets.skip_toggles": "generator, labels",
    "gancourse.widgets.pixel_weight_slider": "labels, photos, pictures, measured",
    "gancourse.widgets.cycle_viewer": "photo_to_monet, monet_to_photo, photos, monets",
    "gancourse.widgets.steganography_slider": "photo_to_monet, monet_to_photo, photos",
    "gancourse.widgets.truth_explorer": "photos, answers, pictures",
    "gancourse.widgets.identity_slider": "photos, pictures, measured",
    "gancourse.widgets.pool_stepper": "size=4",
    "gancourse.widgets.schedule_plot": "constant=100, decay=100",
    "gancourse.widgets.facade_painter": "generator=None",
    "gancourse.recorded.load_ablation": "name",
    "gancourse.recorded.load_cycle_run": "name",
    "gancourse.weights.load_facade_discriminator": "",
    "gancourse.networks.ResNetGenerator": "blocks=9, width=64, downsamplings=2",
    "gancourse.losses.cycle_loss": "images, recovered",
    "gancourse.losses.identity_loss": "images, same_domain_output",
    "gancourse.ImagePool": "size=50",
    "gancourse.linear_decay": "epoch, constant=100, decay=100",
}


def fits(found: inspect.Signature, promised: str) -> bool:
    """The promised arguments come first, under their names, with their defaults; all others have defaults."""
    first = eval(f"lambda {promised}: None")
    wanted = list(inspect.signature(first).parameters.values())
    there = list(found.parameters.values())
    same = [(one.name, one.default) for one in there[: len(wanted)]] == [(one.name, one.default) for one in wanted]
    return same and all(one.default is not one.empty for one in there[len(wanted) :])


@pytest.mark.parametrize(("path", "promised"), PUBLIC.items())
def test_public_names_keep_their_arguments(path: str, promised: str | None) -> None:
    module, name = path.rsplit(".", 1)
    public = getattr(importlib.import_module(module), name)
    assert callable(public)
    assert promised is None or fits(inspect.signature(public), promised), inspect.signature(public)


def test_a_changed_argument_does_not_fit() -> None:
    promised = "latent_size=100, width=64"
    assert fits(inspect.signature(lambda latent_size=100, width=64, more=1: None), promised)
    assert not fits(inspect.signature(lambda latent_size=128, width=64: None), promised)
    assert not fits(inspect.signature(lambda width=64, latent_size=100: None), promised)
    assert not fits(inspect.signature(lambda latents=100, width=64: None), promised)
    assert not fits(inspect.signature(lambda latent_size=100, width=64, *, more: None), promised)


# What the repository holds -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tracked(repository: Path) -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=repository, check=True, capture_output=True).stdout
    paths = [repository / name for name in names.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]  # one just deleted is still listed


def of_this_machine(text: str) -> list[str]:
    """Registry hosts and places on one machine, neither of which means anything to a reader elsewhere."""
    # In pieces, so that this file does not find itself.
    hosts = [
        *("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "deb.deb" + "ian.org"),
        *("anaconda" + ".org/conda", "conda.ana" + "conda.org", "download.py" + "torch.org/whl"),
    ]
    roots = "|".join(["wo" + "rk", "tm" + "p", "ro" + "ot", "ho" + r"me/\w+", "Us" + r"ers/\w+", "opt/py" + "pi"])
    places = rf"(?<![\w.$}}~-])/(?:{roots})/"
    return re.findall("|".join([*map(re.escape, hosts), places]), text)


def test_no_registry_and_no_place_of_this_machine_is_named(tracked: list[Path], repository: Path) -> None:
    found = {}
    for path in tracked:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path.suffix == ".ipynb":
            text = json.dumps(without_pictures(json.loads(text)))
        if names := of_this_machine(text):
            found[str(path.relative_to(repository))] = names
    assert found == {}


def test_a_registry_and_a_place_are_found() -> None:
    assert of_this_machine("from https://py" + "pi.org/simple")
    assert of_this_machine("see /wo" + "rk/main/README.md")
    assert of_this_machine('"/ho' + 'me/anna/course"')
    assert not of_this_machine("the rate is 3/tm" + "p/ ../wo" + "rk/ and $HOME/wo" + "rk/x")


def test_no_file_is_large(tracked: list[Path]) -> None:
    most = {".safetensors": 6_000_000}  # a small U-Net's
    assert [path for path in tracked if path.stat().st_size > most.get(path.suffix, 3_000_000)] == []


# No picture of a data set --------------------------------------------------------------------------------------------

# Copies at 32 to 256 px and JPEG quality 50 to 70 lie above it, but for one in 489; 1,500 drawn faces reach 0.90.
TOO_ALIKE = 0.94
# What a CycleGAN makes of a Monet has its composition, so here Monet's paintings, which are in the public domain, are
# not looked for.
MADE_OF_MONETS = ("benchmarks/cyclegan_monets.jpg", "notebooks/04_cyclegan_monet2photo.ipynb")
SMALLEST = 30  # px; the flat bands and windows of a drawn label map are like those of any real one


def without_pictures(value: object) -> object:
    """A notebook's JSON with its pictures cut out."""
    if isinstance(value, dict):
        return {key: without_pictures(one) for key, one in value.items() if not key.startswith("image/")}
    return [without_pictures(one) for one in value] if isinstance(value, list) else value


def pictures_in(value: object) -> Iterator[bytes]:
    """The pictures in a notebook's JSON: outputs and attachments, and those written into HTML or Markdown."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key in ("image/png", "image/jpeg") and isinstance(one, str | list):
                yield base64.b64decode("".join(one))
            else:
                yield from pictures_in(one)
    elif isinstance(value, list):
        if value and all(isinstance(one, str) for one in value):
            value = ["".join(value)]
        for one in value:
            yield from pictures_in(one)
    elif isinstance(value, str):
        for match in re.findall(r"data:image/(?:png|jpeg);base64,([A-Za-z0-9+/=\s]+)", value):
            yield base64.b64decode(match)


def tiles(image: Image.Image, apart: int = 8) -> Iterator[Image.Image]:
    """The image, and the tiles of a grid: what is left where rows and columns of one colour are cut away, and again.

    One colour is pixels at most `apart` levels from each other.
    """
    yield image
    pixels = np.asarray(image.convert("RGB"), dtype=np.int16)
    for axis in (0, 1):
        lines = pixels if axis == 0 else pixels.swapaxes(0, 1)
        plain = (np.abs(lines - lines[:, :1]) <= apart).all(axis=(1, 2))
        if not plain.any():
            continue
        edges = np.flatnonzero(np.diff(np.concatenate([[True], plain, [True]])))
        for start, end in edges.reshape(-1, 2):
            if end - start >= SMALLEST:
                box = (0, start, image.width, end) if axis == 0 else (start, 0, end, image.height)
                yield from tiles(image.crop(box), apart)
        return


def faces_of_a_sheet(sheet: Image.Image) -> Iterator[Image.Image]:
    """The squares of a recorded training's sheet, sixteen in a row with nothing between them."""
    side = sheet.width // 16
    for top in range(0, sheet.height, side):
        for left in range(0, sheet.width, side):
            yield sheet.crop((left, top, left + side, top + side))


def fingerprints(images: Iterator[Image.Image]) -> np.ndarray:
    """One row a picture: 16 x 16 pixels in colour, of mean 0 and length 1.  Scale, quality and brightness drop out."""
    rows = [
        np.asarray(image.convert("RGB").resize((16, 16), Image.Resampling.BOX), dtype=np.float32) for image in images
    ]
    table = np.stack(rows).reshape(len(rows), -1)
    table -= table.mean(axis=1, keepdims=True)
    return table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-6)


def views(image: Image.Image) -> Iterator[Image.Image]:
    """A real picture as a lesson might show it: whole, its centre square, or one half of a pair."""
    width, height = image.size
    yield image
    if width == 2 * height:
        yield image.crop((0, 0, height, height))
        yield image.crop((height, 0, width, height))
    elif width != height:
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        yield image.crop((left, top, left + side, top + side))


def archived_pictures(folder: Path, paintings: bool = True) -> Iterator[Image.Image]:
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".jpg") and (paintings or "/trainA/" not in name):
                    yield Image.open(io.BytesIO(archive.read(name)))
    for path in sorted(folder.glob("*.tar.gz")):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(".jpg") and (file := archive.extractfile(member)):
                    yield Image.open(io.BytesIO(file.read()))


@pytest.fixture(scope="module")
def real_fingerprints(real_data: Path) -> np.ndarray:
    return known_fingerprints(archived_pictures(real_data))


@pytest.fixture(scope="module")
def fingerprints_but_of_paintings(real_data: Path) -> np.ndarray:
    return known_fingerprints(archived_pictures(real_data, paintings=False))


def known_fingerprints(pictures: Iterator[Image.Image]) -> np.ndarray:
    """Of every view of every picture, but for the label maps that are like another facade's.

    Those are of bare walls, nine of five hundred; any drawn one is like them too.
    """
    rows, labels = [], []
    for picture in pictures:
        rows.append(fingerprints(views(picture)))
        labels += [picture.width == 2 * picture.height and view == 2 for view in range(len(rows[-1]))]
    table, is_labels = np.concatenate(rows), np.array(labels)
    likenesses = table[is_labels] @ table[is_labels].T
    np.fill_diagonal(likenesses, 0)
    return np.concatenate([table[~is_labels], table[is_labels][likenesses.max(axis=1) <= TOO_ALIKE]])


def likeness(image: Image.Image, known: np.ndarray) -> float:
    """How like the likest known picture the image or any tile of it is; 1 is the same picture."""
    apart = 24 if image.format == "JPEG" else 8  # beside sharp edges JPEG leaves rings, in thin gutters too
    return float((fingerprints(tiles(image, apart)) @ known.T).max())


def test_no_picture_of_a_data_set_is_in_the_repository(
    tracked: list[Path],
    repository: Path,
    real_fingerprints: np.ndarray,
    fingerprints_but_of_paintings: np.ndarray,
) -> None:
    found = []
    for path in tracked:
        of_monets = path.relative_to(repository).as_posix() in MADE_OF_MONETS
        if path.parent == repository / "gancourse" / "recorded" / "faces" and path.suffix == ".jpg":
            faces = fingerprints(faces_of_a_sheet(Image.open(path)))
            if (faces @ real_fingerprints.T).max() > TOO_ALIKE:
                found.append(f"{path.relative_to(repository)}, a face")
            continue
        if path.suffix in (".png", ".jpg", ".jpeg", ".gif", ".webp"):
            pictures = [path.read_bytes()]
        elif path.suffix == ".ipynb":
            pictures = list(pictures_in(json.loads(path.read_text(encoding="utf-8"))))
        else:
            continue
        for number, data in enumerate(pictures):
            known = fingerprints_but_of_paintings if of_monets else real_fingerprints
            if likeness(Image.open(io.BytesIO(data)), known) > TOO_ALIKE:
                found.append(f"{path.relative_to(repository)}, picture {number}")
    assert found == []


def test_a_resized_and_encoded_copy_is_found(real_data: Path, real_fingerprints: np.ndarray) -> None:
    with zipfile.ZipFile(real_data / "img_align_celeba.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".jpg")][:200:40]
        faces = [Image.open(io.BytesIO(archive.read(name))).convert("RGB") for name in names]
    for face in faces:
        square = list(views(face))[1]
        for copy in (face.resize((300, 367)), square.resize((32, 32)).resize((96, 96), Image.Resampling.NEAREST)):
            file = io.BytesIO()
            copy.save(file, "jpeg", quality=60)
            assert likeness(Image.open(file), real_fingerprints) > TOO_ALIKE

    # A figure: a title, and a grid of small squares with white between them, one of which is a real face.
    figure = Image.new("RGB", (400, 260), "white")
    ImageDraw.Draw(figure).text((20, 5), "Faces", fill="black")
    noise = np.random.default_rng(0)
    for place in range(6):
        tile = Image.fromarray(noise.integers(0, 255, (100, 100, 3), dtype=np.uint8))
        if place == 4:
            tile = list(views(faces[0]))[1].resize((100, 100))
        figure.paste(tile, (20 + place % 3 * 110, 30 + place // 3 * 110))
    assert likeness(figure, real_fingerprints) > TOO_ALIKE


def test_a_face_in_an_encoded_grid_with_thin_gutters_is_found(real_data: Path, real_fingerprints: np.ndarray) -> None:
    with zipfile.ZipFile(real_data / "img_align_celeba.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith(".jpg"))
        face = list(views(Image.open(io.BytesIO(archive.read(name)))))[1]
    noise = np.random.default_rng(0)
    grid = Image.new("RGB", (524, 260), "white")
    for place in range(8):
        tile = Image.fromarray(noise.integers(0, 255, (4, 4, 3), dtype=np.uint8)) if place != 6 else face
        grid.paste(tile.resize((128, 128)), (place % 4 * 132, place // 4 * 132))
    file = io.BytesIO()
    grid.resize((400, 198), Image.Resampling.LANCZOS).save(file, "jpeg", quality=85)  # as a figure shrinks to 800 px
    assert likeness(Image.open(file), real_fingerprints) > TOO_ALIKE


def test_a_face_in_a_sheet_without_gutters_is_found(real_data: Path, real_fingerprints: np.ndarray) -> None:
    with zipfile.ZipFile(real_data / "img_align_celeba.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith(".jpg"))
        face = list(views(Image.open(io.BytesIO(archive.read(name)))))[1].resize((64, 64))
    sheet = Image.fromarray(np.random.default_rng(0).integers(0, 255, (128, 1024, 3), dtype=np.uint8))
    sheet.paste(face, (5 * 64, 64))
    file = io.BytesIO()
    sheet.save(file, "jpeg", quality=90)
    assert (fingerprints(faces_of_a_sheet(Image.open(file))) @ real_fingerprints.T).max() > TOO_ALIKE


def test_pictures_in_a_notebook_are_found() -> None:
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "png")
    encoded = base64.b64encode(file.getvalue()).decode()
    notebook = {
        "cells": [
            {"outputs": [{"data": {"image/png": encoded}}], "source": ["no", "picture"]},
            {"attachments": {"face.png": {"image/png": encoded}}, "source": []},
            {"source": ['<img src="data:image/png;', f'base64,{encoded}">']},
        ]
    }
    assert list(pictures_in(notebook)) == [file.getvalue()] * 3


# The repository's address --------------------------------------------------------------------------------------------


def test_every_badge_names_the_repository(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())
    address = project["tool"]["gancourse"]["repository"]
    assert project["project"]["urls"]["Repository"] == f"https://github.com/{address}"
    for path in (repository / "README.md", *repository.glob("notebooks/*.ipynb")):
        named = re.findall(r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)", path.read_text(encoding="utf-8"))
        assert set(named) == {address}, f"{path.name}: run make repository"


def test_a_new_address_reaches_every_page(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nversion = "1.2.0"\n[project.urls]\nRepository = "https://github.com/old/course"\n'
        '[tool.gancourse]\nrepository = "new/home"\n'
    )
    (tmp_path / "README.md").write_text(
        "https://colab.research.google.com/github/old/course/blob/v1.1.0/notebooks/01.ipynb\n"
        "https://github.com/old/course.git https://github.com/other/course/blob/v1.1.0/notebooks/01.ipynb\n"
        "https://github.com/old/course-data old/course/data https://github.com/other/course\n"
    )
    assert [path.name for path in set_repository(tmp_path)] == ["README.md", "pyproject.toml"]
    assert (tmp_path / "README.md").read_text() == (
        "https://colab.research.google.com/github/new/home/blob/v1.2.0/notebooks/01.ipynb\n"
        "https://github.com/new/home.git https://github.com/other/course/blob/v1.1.0/notebooks/01.ipynb\n"
        "https://github.com/old/course-data old/course/data https://github.com/other/course\n"
    )
    assert 'Repository = "https://github.com/new/home"' in (tmp_path / "pyproject.toml").read_text()
    assert set_repository(tmp_path) == []
