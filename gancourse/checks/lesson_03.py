"""Checks of lesson 3."""

import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.optim import Optimizer

from gancourse.checks.layers import (
    Layer,
    arrows,
    convolutions_of,
    count_weights,
    examine_activations,
    examine_start,
    is_followed_by_norm,
    trace_layers,
)
from gancourse.checks.moves import Game, Step, close, examine_handed_in, examine_result, examine_step, old_gradients
from gancourse.checks.verdict import verdict
from gancourse.data import jitter
from gancourse.errors import CourseError
from gancourse.losses import generator_bce_loss, generator_lsgan_loss, generator_saturating_loss, l1_loss, l2_loss
from gancourse.networks import PatchDiscriminator, UNetGenerator, receptive_field
from gancourse.steps import beside, paired_generator_step

Jitter = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]


# E3.1 ----------------------------------------------------------------------------------------------------------------


def check_jitter(answer: Jitter) -> Jitter:
    """Exercise E3.1: enlarge, cut out, mirror, and the same to both sides of a pair.

    It is given pictures that say at each pixel where it lies, so that place and mirroring can be read from what comes
    back, whatever the interpolation and in whatever order the numbers were drawn.
    """
    return verdict(answer, jitter, _examine_jitter)


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _coded_pairs(count: int, size: int) -> tuple[Tensor, Tensor]:
    """Labels and photos whose first two channels are the pixel's row and column, and the third the pair's number.

    The number is below 0 in labels and above 0 in photos.
    """
    ramp = (torch.arange(size) + 0.5) / size * 2 - 1
    places = torch.stack([ramp[:, None].expand(size, size), ramp.expand(size, size)]).expand(count, 2, size, size)
    numbers = (torch.arange(1, count + 1) / (count + 1)).view(-1, 1, 1, 1).expand(count, 1, size, size)
    return torch.cat([places, -numbers], dim=1), torch.cat([places, numbers], dim=1)


class _Places(NamedTuple):
    """What was done to each of N coded pictures."""

    larger: float  # px that they were enlarged to
    tops: Tensor  # (N,), of the window in px of the larger picture
    lefts: Tensor  # (N,)
    upside_down: Tensor  # (N,) bool
    mirrored: Tensor  # (N,) bool
    unexplained: float  # the largest distance, in px, of a pixel from where all this would put it


def _read_places(pictures: Tensor) -> _Places:
    size = pictures.shape[-1]
    inside = slice(size // 8, -(size // 8))  # interpolation bends the ramps at the border
    places = ((pictures[:, :2, inside, inside] + 1) / 2 * size).double()
    steps = torch.arange(size)[inside].double() - (size - 1) / 2
    rows, columns = places[:, 0].mean(dim=2), places[:, 1].mean(dim=1)
    slopes = torch.stack([rows, columns]) @ steps / steps.square().sum()  # (2, N)
    middles = torch.stack([rows, columns]).mean(dim=2)
    straight = middles[..., None] + slopes[..., None] * steps
    unexplained = max(
        (places[:, 0] - straight[0][:, :, None]).abs().max().item(),
        (places[:, 1] - straight[1][:, None, :]).abs().max().item(),
    )
    larger = size / slopes.abs().median().clamp(min=1e-3).item()
    tops, lefts = middles * larger / size - size / 2
    upside_down, mirrored = slopes < 0
    return _Places(larger, tops, lefts, upside_down, mirrored, unexplained)


PAIRS = 64
SIZE = 32  # px, and enlarged 36


def _examine_jitter(answer: Jitter) -> str | None:
    labels, photos = _coded_pairs(PAIRS, SIZE)
    given = labels.clone(), photos.clone()
    try:
        made = answer(*given, _seeded(0))
    except NotImplementedError:
        raise
    except RuntimeError as error:
        if re.search("equal size|must match", str(error)):
            return (
                "not every window is as large as the pictures were: some reach over the edge of the larger picture. "
                "The last place that a window of 32 px has in 36 is 4, and randint stops before the number it is given."
            )
        raise
    return (
        _examine_jittered_shapes(made)
        or _examine_whose_is_whose(made, photos[:, 2, 0, 0])
        or _examine_alike(_read_places(made[0]), _read_places(made[1]))
        or _examine_places(_read_places(made[1]))
        or _examine_variety(answer, _read_places(made[1]))
        or _examine_source(answer)
        or _examine_pixels(answer)
        or (None if torch.equal(given[0], labels) and torch.equal(given[1], photos) else WRITES_INTO_THEM)
    )


WRITES_INTO_THEM = (
    "what comes back is right, but yours also writes into the pictures that it is given, and they are the dataset's "
    "own. Make new ones."
)


def _examine_jittered_shapes(made: Any) -> str | None:
    if isinstance(made, Tensor):
        return f"it should return two tensors, labels and photos; yours returns one of the shape {tuple(made.shape)}."
    if not isinstance(made, tuple | list) or len(made) != 2 or not all(isinstance(side, Tensor) for side in made):
        kind = "nothing" if made is None else type(made).__name__
        if isinstance(made, tuple | list):
            kind = f"a {kind} of {', '.join(type(side).__name__ for side in made)}"
        return f"it should return two tensors, labels and photos; yours returns {kind}."
    for name, side in zip(("labels", "photos"), made, strict=True):
        if side.shape != (PAIRS, 3, SIZE, SIZE):
            return (
                f"{name} of the shape {(PAIRS, 3, SIZE, SIZE)} should keep it; yours come back as "
                f"{tuple(side.shape)}. Enlarge to 36 px, then cut the 32 px out again."
            )
    return None


def _examine_whose_is_whose(made: tuple[Tensor, Tensor], numbers: Tensor) -> str | None:
    inside = slice(SIZE // 8, -(SIZE // 8))  # beyond the edge of a picture anything may be
    found = [side[:, 2, inside, inside].mean(dim=(1, 2)) for side in made]
    if (found[0] > 0).all() and (found[1] < 0).all():
        return "the photos come back first. Everywhere in the course labels come before photos."
    if not (torch.allclose(found[0], -numbers, atol=1e-3) and torch.allclose(found[1], numbers, atol=1e-3)):
        return (
            "colours changed, or pictures changed their place in the batch: labels that are one colour all over do "
            "not come back as they were. Jitter moves pixels and leaves their colours."
        )
    return None


def _examine_alike(labels: _Places, photos: _Places) -> str | None:
    """Whether both sides of each pair were treated alike."""
    for name, side, other in (("labels", labels, photos), ("photos", photos, labels)):
        if abs(side.larger - SIZE) < 0.5 < abs(other.larger - SIZE) and not side.mirrored.any():
            return f"the {name} stay as they were. What is done to one side of a pair has to be done to the other."
    turned = bool((labels.mirrored != photos.mirrored).any())
    apart = torch.maximum((labels.tops - photos.tops).abs(), (labels.lefts - photos.lefts).abs()) > 0.6
    if turned and apart.any():
        return (
            "labels and photo are jittered each for itself: window and mirror differ. Then the labels say where a "
            "window was, not where it is. Draw once for each pair; it helps to lay both sides together, (N, 6, H, W)."
        )
    if turned:
        return (
            "a pair's labels are mirrored and its photo is not, or the other way round: two coins were thrown. Throw "
            "one for each pair."
        )
    if apart.any():
        return (
            "labels and photo of a pair are cut out at different places, so they no longer lie pixel on pixel. Draw "
            "one place for each pair, and cut both there."
        )
    return None


def _examine_places(places: _Places) -> str | None:
    """What is wrong with how far the pictures are enlarged, and with where the windows lie."""
    larger = places.larger
    if places.unexplained > 2:
        return (
            "pixels lie where no enlarging, cutting and mirroring puts them. A facade is neither turned nor bent: "
            "leave rotations out."
        )
    if places.upside_down.any():
        return (
            "facades stand on their heads: you mirrored top to bottom, dimension -2. Left to right, flip(-1), makes "
            "another facade that could be; a door above the windows could not."
        )
    if abs(larger - SIZE) < 0.5:
        return (
            "the pictures were not enlarged: a pixel that comes back is as large as one that went in. From 32 px make "
            "36 first; a window of 32 px then has five places, in each direction, and never leaves the picture."
        )
    if not 34.4 < larger < 37.5:
        return (
            f"the pictures were enlarged from 32 to about {larger:.0f} px; it should be 36. The paper goes from 256 to "
            "286, and other sizes in proportion: round(size * 286 / 256)."
        )
    last = larger - SIZE
    edges = torch.stack([places.tops, places.lefts])
    if edges.min() < -0.6 or edges.max() > last + 0.6:
        return (
            "some windows reach over the edge of the larger picture. Their places go from 0 to larger − size, the "
            "last one included."
        )
    return None


def _examine_variety(answer: Jitter, places: _Places) -> str | None:
    """Whether every pair draws its own place and its own coin, and all of them occur."""
    pair = _coded_pairs(1, SIZE)
    alone = [_read_places(answer(pair[0].clone(), pair[1].clone(), _seeded(seed))[1]) for seed in range(1, 13)]
    share = places.mirrored.float().mean().item()
    if share in (0, 1):
        if len({bool(one.mirrored.any()) for one in alone}) == 2:
            return (
                "a batch is mirrored as a whole or not at all. One pair at a time you would not see it; throw a coin "
                "for each pair."
            )
        if share == 0:
            return "nothing is ever mirrored. One time in two, turn a pair left to right, flip(-1)."
        return "everything is mirrored, always. One time in two: a coin for each pair."
    if not 0.2 < share < 0.8:
        return f"of {PAIRS} pairs {share:.0%} were mirrored. It should be one time in two: torch.rand(...) < 0.5."
    last = places.larger - SIZE
    for name, edges, others in (
        ("top", places.tops, [one.tops for one in alone]),
        ("left", places.lefts, [one.lefts for one in alone]),
    ):
        if edges.max() - edges.min() < 0.5:
            if torch.cat(others).max() - torch.cat(others).min() > 0.5:
                return (
                    "all pairs of a batch are cut out at the same place. One pair at a time you would not see it; "
                    "draw a place for each pair."
                )
            return f"the {name} edge of the window is always at the same place. Draw it, from 0 to larger − size."
        if edges.min() > 0.6 or edges.max() < last - 0.6:
            return (
                f"the {name} edge of the window never gets to {'the last' if edges.min() < 0.6 else 'the first'} "
                "place. From 32 px in 36 there are five, 0 to 4, and randint(5) draws them: it stops before the "
                "number it is given."
            )
    if torch.allclose(places.tops, places.lefts, atol=0.1):
        return "rows and columns share one number, so every window lies on the diagonal. Draw two for each pair."
    return None


def _examine_source(answer: Jitter) -> str | None:
    """Whether everything is drawn from the generator that is handed in."""
    labels, photos = _coded_pairs(16, SIZE)

    def jittered(source: torch.Generator) -> Tensor:
        return answer(labels.clone(), photos.clone(), source)[1]

    first = jittered(_seeded(1))
    torch.default_generator.manual_seed(1)
    again = jittered(_seeded(1))
    torch.default_generator.manual_seed(2)
    if not (torch.equal(first, again) and torch.equal(first, jittered(_seeded(1)))):
        return (
            "with the same rng it makes different pictures: some numbers are drawn elsewhere, from torch's global "
            "ones or from Python's. Draw all of them with generator=rng, so that a run can be repeated."
        )
    source = _seeded(1)
    if torch.equal(first, jittered(_seeded(2))) or torch.equal(jittered(source), jittered(source)):
        return "it makes the same pictures again and again, whatever the rng. Draw from the one that is handed in."
    return None


def _examine_pixels(answer: Jitter) -> str | None:
    """Whether values stay in [-1, 1], and other sizes grow in proportion."""
    stripes = (torch.rand(4, 3, SIZE, SIZE, generator=_seeded(3)) < 0.5) * 2.0 - 1
    for side in answer(stripes.clone(), stripes.clone(), _seeded(0)):
        if side.abs().max() > 1 + 1e-5:
            return (
                f"values run up to {side.abs().max():.2f}. Bicubic interpolation overshoots at edges, and pictures lie "
                "in [-1, 1]: clamp(-1, 1) after it."
            )
    _, photos = answer(*_coded_pairs(2, 128), _seeded(0))
    larger = _read_places(photos).larger
    if abs(larger - 143) > 0.6:
        return (
            f"right at 32 px. From 128 px it should make 143, and yours makes {larger:.0f}: the size grows in "
            "proportion, round(size * 286 / 256)."
        )
    return None


# E3.2 ----------------------------------------------------------------------------------------------------------------


def check_unet(answer: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """Exercise E3.2: the U-Net's way down and up again.

    It gets the weights of the course's own network, and has to make the same pictures of them.
    """
    return verdict(answer, UNetGenerator, _examine_unet)


class _Passage(NamedTuple):
    """What each block of a U-Net was given and made in one pass, as far as the pass got."""

    given: dict[tuple[str, int], Tensor]
    made: dict[tuple[str, int], Tensor]


def _watch(network: nn.Module) -> _Passage:
    """What is written down whenever a block of `network` is used."""
    passage = _Passage({}, {})

    def before(block: tuple[str, int], _: nn.Module, given: tuple[Tensor, ...]) -> None:
        passage.given[block] = given[0].detach().clone()

    def after(block: tuple[str, int], _: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        passage.made[block] = made.detach().clone()

    for side in ("down", "up"):
        for number, block in enumerate(getattr(network, side, [])):
            block.register_forward_pre_hook(partial(before, (side, number)))
            block.register_forward_hook(partial(after, (side, number)))
    return passage


def _enliven(network: nn.Module) -> nn.Module:
    """Draw weights with which every skip shows in the picture; those of a start would leave it almost grey."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=layer.weight[0].numel() ** -0.5)
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.bias, std=0.2)
    return network


def _lend_weights(network: nn.Module, lender: nn.Module) -> str | None:
    """Give `network` the weights of `lender`, in their order where their names differ; or say why that cannot be."""
    lent, own = lender.state_dict(), network.state_dict()
    if [value.shape for value in lent.values()] != [value.shape for value in own.values()]:
        return (
            "its layers are not those of the course's U-Net, so weights cannot be lent to it. Leave __init__ as it "
            "was given, and change forward alone."
        )
    network.load_state_dict(lent if lent.keys() == own.keys() else dict(zip(own, lent.values(), strict=True)))
    return None


def _examine_unet(answer: Callable[..., nn.Module]) -> str | None:
    torch.default_generator.manual_seed(0)
    fault = _examine_passage(answer, image_size=32, width=4, norm="batch", skips=True)
    if fault:
        return fault
    fault = _examine_passage(answer, image_size=32, width=4, norm="batch", skips=False)
    if fault:
        return f"right with skips. With skips=False, {fault}"
    fault = _examine_passage(answer, image_size=64, width=2, norm="none", skips=True)
    if fault:
        return f"right at 32 px. At 64 px, {fault}"
    return None


def _examine_passage(
    answer: Callable[..., nn.Module], image_size: int, width: int, norm: str, skips: bool
) -> str | None:
    """What is wrong with one way down and up again, beside the course's own with the same weights."""
    settings = {"image_size": image_size, "width": width, "norm": norm, "skips": skips}
    network, right = answer(**settings), _enliven(UNetGenerator(image_size, width, norm, skips))
    fault = _lend_weights(network, right)
    if fault:
        return fault
    passage = _watch(network)
    network.eval(), right.eval()
    images = torch.rand(2, 3, image_size, image_size) * 2 - 1
    try:
        with torch.no_grad():
            pictures, again = network(images.clone()), network(images.clone())
    except NotImplementedError:
        raise
    except (RuntimeError, IndexError) as error:
        fault = _examine_blocks(passage, images, skips) or _about_a_gap(error, passage)
        if fault:
            return fault
        raise
    if not isinstance(pictures, Tensor):
        return f"it should return pictures, a tensor; yours returns {type(pictures).__name__}."
    if not torch.equal(pictures, again):
        return "in eval mode it makes two pictures of the same labels. Dropout is in the blocks; leave it out here."
    if not close(pictures, right(images)):
        return (
            _examine_blocks(passage, images, skips)
            or _about_the_end(passage, pictures, images)
            or "with the course's weights it makes other pictures. Print the shape that each block is given."
        )
    return (
        _examine_gradient(network, right, images)
        or _examine_in_training(network, right, images)
        or _examine_settings(network, settings)
    )


def _same(tensor: Tensor, other: Tensor) -> bool:
    return tensor.shape == other.shape and torch.allclose(tensor, other, atol=1e-5)


def _examine_blocks(passage: _Passage, images: Tensor, skips: bool) -> str | None:
    """The first block that was given something else than it should."""
    depth = images.shape[-1].bit_length() - 1
    before = images
    for number in range(depth):
        if ("down", number) not in passage.given:
            return f"block {number} of the way down, self.down[{number}], was not used." if passage.given else None
        if not _same(passage.given["down", number], before):
            return f"self.down[{number}] was not given what the block before it made."
        before = passage.made["down", number]
    for number in range(depth):
        given = passage.given.get(("up", number))
        if given is None:
            return None
        if number == 0:
            fault = _about_the_bottleneck(given, before, passage.given["down", depth - 1])
        else:
            across = passage.made["down", depth - 1 - number]
            fault = _about_a_skip(given, before, across, skips, number)
        if fault:
            return fault
        if ("up", number) not in passage.made:
            return None
        before = passage.made["up", number]
    return None


def _about_the_bottleneck(given: Tensor, bottleneck: Tensor, entered: Tensor) -> str | None:
    if _same(given, bottleneck):
        return None
    if _same(given, torch.cat([bottleneck, bottleneck], dim=1)):
        return (
            "the bottleneck is laid beside itself. It is the way up's own beginning, not a skip: take it out of the "
            "list, and hand it to the first block alone."
        )
    if _same(given, entered):
        return (
            "you remember what each block was given, not what it made: the way up starts a block too early. Append "
            "after the block, not before it."
        )
    return "the first block of the way up was not given what the last one of the way down made."


def _about_a_skip(given: Tensor, before: Tensor, across: Tensor, skips: bool, number: int) -> str | None:
    """What is wrong with what block `number` of the way up was given; by the sentence, if it is known."""
    if _same(given, torch.cat([before, across], dim=1) if skips else before):
        return None
    where = f"self.up[{number}]"
    if not skips:
        return f"{where} is still given something else than the block before it made. Look at self.skips."
    if _same(given, before):
        return (
            f"{where} was given only what the block before it made: {before.shape[1]} channels, where it takes "
            f"{before.shape[1] + across.shape[1]}. Without the lines across this is an encoder-decoder. Lay what the "
            "way down made beside it."
        )
    if given.shape == before.shape:
        return (
            f"at {where} the two maps were added: {given.shape[1]} channels stay {given.shape[1]}. A sum cannot "
            "be taken apart again; side by side, the block can weigh each for itself: torch.cat([...], dim=1)."
        )
    if _same(given, torch.cat([across, before], dim=1)):
        return (
            "the skip is laid first, and what the way up made second. Trained from the start that would be as good a "
            "network; but weights that were trained the other way round would be read wrongly, and this "
            "check lends yours such weights. Put the way up's own first: torch.cat([images, skip], dim=1)."
        )
    return f"{where} was not given what self.up[{number - 1}] made with the map of the same size beside it."


def _about_a_gap(error: Exception, passage: _Passage) -> str | None:
    """What went wrong between two blocks, where two maps were to be laid together."""
    depth = sum(side == "down" for side, _ in passage.made)
    reached = [number for side, number in passage.made if side == "up"]
    if not depth or not reached:
        return None
    if isinstance(error, IndexError):
        return (
            "the list of maps ran empty. Behind the last block nothing is laid beside any more: the way down made no "
            "map of the picture's own size."
        )
    own = passage.made["up", max(reached)].shape[-1]
    sizes = {int(number) for found in re.findall(r"size (\d+)|\((\d+)\)", str(error)) for number in found if number}
    other = sorted(sizes - {own})
    if own not in sizes or not other:
        return None
    where = f"behind self.up[{max(reached)}] a {other[-1]}x{other[-1]} map was to go with a {own}x{own} one"
    if other[-1] == 1:
        return (
            f"{where}: the bottleneck is still in the list. It is the way up's own beginning, not a skip; take it out "
            "first."
        )
    return (
        f"{where}: the maps come in the order of the way down. What was made last has to be taken first, as from a "
        "pile: made.pop(), or reversed(made)."
    )


def _about_the_end(passage: _Passage, pictures: Tensor, images: Tensor) -> str | None:
    """What is wrong with what happens behind the last block."""
    last = passage.made.get(("up", images.shape[-1].bit_length() - 2))
    if last is None:
        return None
    if pictures.shape != last.shape:
        return (
            f"pictures {tuple(images.shape)} should come back in that shape; yours come back as "
            f"{tuple(pictures.shape)}. Nothing is laid beside what the last block made: it is the picture."
        )
    if _same(pictures, last.tanh()):
        return "Tanh is taken twice: the last block ends in one. Return what it made."
    return "something happens behind the last block. What it made is the picture: return it as it is."


def _examine_gradient(network: nn.Module, right: nn.Module, images: Tensor) -> str | None:
    """Whether the gradient finds all ways back."""
    seen = images.clone().requires_grad_()
    made = network(seen)
    if not made.requires_grad:
        return "its pictures are right, but no gradient comes back from them: it would learn nothing."
    (slope,) = torch.autograd.grad(made.square().sum(), seen)
    (right_slope,) = torch.autograd.grad(right(seen).square().sum(), seen)
    if not torch.allclose(slope, right_slope, rtol=1e-3, atol=1e-4):
        return (
            "its pictures are right, but a wall stands in a way back, `.detach()` or `no_grad`: the way down would "
            "learn only from what passes the bottleneck."
        )
    return None


def _examine_in_training(network: nn.Module, right: nn.Module, images: Tensor) -> str | None:
    """Whether it is the same in training too, where the blocks' dropout is on: dropout drawn alike."""
    made = []
    for one in (network, right):
        torch.default_generator.manual_seed(1)
        with torch.no_grad():
            made.append(one.train()(images.clone()))
    if not close(*made):
        return "right in eval mode. In training something else is drawn: dropout is in the blocks, and once is enough."
    return None


def _examine_settings(network: nn.Module, settings: dict[str, Any]) -> str | None:
    for name, value in settings.items():
        if getattr(network, name, None) != value:
            return f"the network is right, but does not keep self.{name}. The training loop and the widgets ask for it."
    return None


# E3.3 ----------------------------------------------------------------------------------------------------------------


def check_patch_discriminator(answer: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """Exercise E3.3: a discriminator of patches.

    It is judged by what its layers are given and make in one pass, however they are named and held together.
    """
    return verdict(answer, PatchDiscriminator, _examine_patch_discriminator)


def _examine_patch_discriminator(answer: Callable[..., nn.Module]) -> str | None:
    torch.default_generator.manual_seed(0)
    network = answer(in_channels=6, layers=3, width=4, norm="batch")
    images = torch.rand(2, 6, 128, 128) * 2 - 1
    try:
        trace, logits = trace_layers(network, images)
    except NotImplementedError:
        raise
    except RuntimeError as error:
        return _about_channels(error)
    return (
        _examine_map(trace, logits)
        or _examine_windows(trace)
        or _examine_patch_channels(trace)
        or _examine_patch_norms(trace)
        or _examine_biases(trace)
        or examine_activations(trace, 0.2, _about_patch_slope)
        or _examine_patch_logits(trace[-1].made, logits)
        or examine_start(network)
        or _examine_other_patches(answer)
    )


def _about_channels(error: RuntimeError) -> str:
    message = str(error)
    if "got 6 channels" in message:
        return (
            "its first convolution does not take the 6 channels it is given: in_channels says how many. Labels and "
            "photo come together, three of each."
        )
    if "channels" in message or "running_mean" in message:
        return (
            "a layer hands on another number of channels than the next one takes: its out_channels have to be the next "
            f"one's in_channels. torch says: {error}"
        )
    raise error


def _windows(trace: list[Layer]) -> list[tuple[int, int]]:
    """Kernel and stride of each convolution."""
    convolutions = [layer.module for layer in trace if isinstance(layer.module, nn.Conv2d)]
    return [(convolution.kernel_size[0], convolution.stride[0]) for convolution in convolutions]


def _field(windows: list[tuple[int, int]]) -> int:
    """How many px of the picture one number of the last map sees."""
    field = 1
    for kernel, stride in reversed(windows):
        field = (field - 1) * stride + kernel
    return field


def _examine_map(trace: list[Layer], logits: Tensor) -> str | None:
    """Whether convolutions alone make a map of logits, one for each patch."""
    if any(isinstance(layer.module, nn.Linear) for layer in trace):
        return (
            "it has a fully connected layer, which looks at the whole picture at once. A PatchGAN is convolutions to "
            "the end, and each number of the last map is the logit of one patch."
        )
    if not trace or not all(isinstance(layer.module, nn.Conv2d) for layer in convolutions_of(trace)):
        return "its layers should all be nn.Conv2d, with norms between them."
    if any(before.made.shape != after.given.shape for before, after in pairwise(trace)):
        return (
            "the map changes its size where no convolution is, by pooling or padding. Leave that to the convolutions: "
            "kernel 4, padding 1, and stride 2 where the map halves."
        )
    if logits.numel() < trace[-1].made.numel():
        return (
            "the map of logits is made one number for the whole picture. Return the map: the loss takes the mean over "
            "all patches, and each has been judged for itself."
        )
    if logits.shape != trace[-1].made.shape:
        return f"the logits should stay a map (N, 1, h, w); yours have the shape {tuple(logits.shape)}."
    return None


def _examine_windows(trace: list[Layer]) -> str | None:
    """What is wrong with number, kernels, strides and padding of the convolutions: with what one logit sees."""
    convolutions, windows = convolutions_of(trace), _windows(trace)
    sees = "" if _field(windows) == 70 else f" One logit sees {_field(windows)} px, not 70."
    if len(windows) != 5:
        return (
            f"for layers=3 there should be five convolutions: three that halve and two that move by one pixel, the "
            f"last of which makes the logits. Yours has {len(windows)}.{sees}"
        )
    kernels = [kernel for kernel, _ in windows]
    if set(kernels) != {4}:
        return f"every kernel is 4x4; yours are {', '.join(map(str, kernels))}.{sees}"
    right = [128, 64, 32, 16, 15, 14]
    sizes = [layer.given.shape[-1] for layer in convolutions] + [convolutions[-1].made.shape[-1]]
    if sizes == [128, 64, 32, 16, 8, 7]:
        return (
            "the last layer before the logits halves the map once more. Three layers are three halvings; the widest "
            f"one moves by a single pixel, `stride = 2 if layer < layers else 1`.{sees} At 256 px the map is "
            "15x15, not 30x30."
        )
    if sizes != right:
        said = f"for 128 px the map should go {arrows(right)}; yours goes {arrows(sizes)}."
        if [stride for _, stride in windows] == [2, 2, 2, 1, 1]:
            return f"{said} The strides are right and the padding is not: it is 1 in every layer."
        return f"{said} Three layers move by 2, and the last two by 1.{sees}"
    return None


def _examine_patch_channels(trace: list[Layer]) -> str | None:
    channels, right = [layer.channels for layer in convolutions_of(trace)], [4, 8, 16, 32, 1]
    if channels == right:
        return None
    return f"with width 4 the layers should make {arrows(right)} channels; yours make {arrows(channels)}. " + (
        "The last one makes the logit, a single number for each patch."
        if channels[-1] != 1
        else "They start at `width` and double, until they are 8 times as many."
    )


def _examine_patch_norms(trace: list[Layer]) -> str | None:
    if trace[0].is_norm:
        return "a norm stands on the picture itself, whose colours and contrast D then never sees."
    followed, convolutions = is_followed_by_norm(trace), convolutions_of(trace)
    if not any(followed):
        return "there is no norm in it. Behind every convolution but the first and the last: normalise(norm, channels)."
    if followed[-1]:
        return (
            "a norm stands on the logits. Every batch would have the same mean logit, a real one like a generated one, "
            "and nothing could tell them apart. Leave the last layer bare."
        )
    if followed[0]:
        return (
            "a norm stands behind the first convolution. The paper leaves it out there (§6.1.2), and so D sees how "
            "bright a picture is."
        )
    for layer, is_followed in zip(convolutions[1:-1], followed[1:-1], strict=True):
        if not is_followed:
            return (
                f"the norm is missing behind the layer that makes {layer.channels} channels. Only the first "
                "convolution and the last have none."
            )
    for norm in (type(layer.module).__name__ for layer in trace if layer.is_norm):
        if norm != "BatchNorm2d":
            return f'for norm="batch" it should be BatchNorm2d; yours is {norm}. normalise(norm, channels) knows which.'
    return None


def _examine_biases(trace: list[Layer]) -> str | None:
    biases = [layer.module.bias is not None for layer in convolutions_of(trace)]
    if any(biases[1:-1]):
        return (
            "a convolution before a batch norm has a bias, which the norm subtracts again with the mean: "
            "`bias=needs_bias(norm)`."
        )
    if not biases[0] or not biases[-1]:
        return (
            "the first and the last convolution have a bias: no norm follows them that would bring one. At width 64 "
            "and 6 channels that makes 2,768,705 parameters."
        )
    return None


def _about_patch_slope(slope: float | None, where: str) -> str:
    if slope == 1:
        return f"{where} stands no activation. Two linear layers in a row are one: put LeakyReLU(0.2) between them."
    if slope is None:
        return f"what stands {where} is no LeakyReLU. It is LeakyReLU(0.2) throughout, as in lesson 2."
    if slope == 0:
        return (
            f"{where} stands a ReLU. Where it is 0 no gradient passes, and the generator learns from what passes here. "
            "Take LeakyReLU(0.2)."
        )
    if slope == 0.01:
        return f"{where} the slope is 0.01, torch's own where LeakyReLU gets no number. Take LeakyReLU(0.2)."
    return f"{where} the slope is {slope}. Take LeakyReLU(0.2)."


def _examine_patch_logits(before: Tensor, logits: Tensor) -> str | None:
    if torch.equal(logits, before):
        return None
    if torch.allclose(logits, before.sigmoid()):
        return (
            "a sigmoid stands at the end. A discriminator returns logits; the loss has the sigmoid in it, and two of "
            "them would keep D between 0.50 and 0.73."
        )
    if logits.min() >= 0 or torch.equal(logits[before > 0], before[before > 0]):
        return (
            "an activation stands behind the logits, which cuts or bends those below 0: exactly the ones that say "
            "generated. The last convolution stays bare."
        )
    return "something stands behind the last convolution. A logit is any number, above 0 for real: leave it as it is."


OTHER_PATCHES: list[tuple[dict[str, Any], str]] = [
    (
        {"in_channels": 3, "layers": 5, "width": 2, "norm": "batch"},
        "Channels double until they are 8 times the width, and then stay: `min(2**layer, 8)`.",
    ),
    (
        {"in_channels": 3, "layers": 1, "width": 2, "norm": "batch"},
        "One halving, then the two layers that move by a pixel: `layers` says how often the loop runs.",
    ),
    (
        {"in_channels": 3, "layers": 2, "width": 2, "norm": "instance"},
        "`norm` says which norm, normalise(norm, channels), and whether a bias is needed before it, needs_bias(norm).",
    ),
    (
        {"in_channels": 3, "layers": 2, "width": 2, "norm": "none"},
        "`norm` says which norm, normalise(norm, channels), and whether a bias is needed before it, needs_bias(norm).",
    ),
    ({"in_channels": 3, "layers": 0, "width": 2, "norm": "batch"}, "Leave the PixelGAN's layers as they were given."),
]


def _outline(network: nn.Module, images: Tensor) -> list[tuple[Any, ...]]:
    """What of a network can be compared: kind, channels, px and bias of each layer."""
    trace, _ = trace_layers(network, images)
    return [
        (type(layer.module).__name__, *layer.made.shape[1:], getattr(layer.module, "bias", None) is not None)
        for layer in trace
    ]


def _examine_other_patches(answer: Callable[..., nn.Module]) -> str | None:
    """Whether it is right with other settings too, and keeps them for those who ask."""
    images = torch.rand(2, 3, 160, 160) * 2 - 1
    for settings, reason in OTHER_PATCHES:
        network, right = answer(**settings), PatchDiscriminator(**settings)
        try:
            alike = _outline(network, images) == _outline(right, images)
        except (RuntimeError, CourseError):
            alike = False
        if not alike or count_weights(network) != count_weights(right):
            said = ", ".join(f"{name}={value!r}" for name, value in settings.items())
            return f'right for layers=3 and norm="batch", but not with {said}. {reason}'
        fault = _examine_settings(network, settings)
        if fault:
            return fault
    return None


# E3.4 ----------------------------------------------------------------------------------------------------------------


def check_receptive_field(answer: Callable[[int], int]) -> Callable[[int], int]:
    """Exercise E3.4: how many pixels one logit sees."""
    return verdict(answer, receptive_field, _examine_receptive_field)


def _field_of(strides: list[int], kernel: int = 4, start: int = 1) -> int:
    """Backwards from one logit, as the solution does, through other layers."""
    field = start
    for stride in strides:
        field = (field - 1) * stride + kernel
    return field


def _jumping_too_early(layers: int) -> int:
    """Forwards, with the distance of neighbours multiplied before it is used."""
    field, jump = 1, 1
    for stride in [*[2] * layers, 1, 1]:
        jump *= stride
        field += 3 * jump
    return field


def _without_minus_one(layers: int) -> int:
    field = 1
    for stride in [1, 1, *[2] * layers]:
        field = field * stride + 4
    return field


def _examine_receptive_field(answer: Callable[[int], int]) -> str | None:
    found = [answer(layers) for layers in range(6)]
    misconceptions: dict[str, Callable[[int], float]] = {
        "the two layers at the end are missing. Behind those that halve come two more with a kernel of 4, and both "
        "move by one pixel.": lambda layers: _field_of([2] * layers),
        "one layer is missing. Behind those that halve come two with stride 1: the widest one, and the one that makes "
        "the logits.": lambda layers: _field_of([1, *[2] * layers]),
        "the last layer before the logits moves by one pixel; you let it move by 2, or counted one layer too many. "
        "First those that halve, then twice stride 1.": lambda layers: _field_of([1, *[2] * (layers + 1)]),
        "you walk from the picture to the logits with the formula for the way back. It starts at one logit: the two "
        "strides of 1 come first.": lambda layers: _field_of([*[2] * layers, 1, 1]),
        "you take the kernels for 3x3. Each has 4.": lambda layers: _field_of([1, 1, *[2] * layers], kernel=3),
        "you begin with nothing. One logit is one number: start at 1.": (
            lambda layers: _field_of([1, 1, *[2] * layers], start=0)
        ),
        "the − 1 is missing: five neighbours have four steps between them. A field moves (field − 1) times, and its "
        "last window adds 4.": _without_minus_one,
        "you forgot that windows overlap: this is how far apart neighbouring logits look, not how far each one "
        "sees.": lambda layers: 2**layers,
        "you multiplied the kernels. Neighbouring windows overlap: a row of `field` of them is (field − 1) strides and "
        "one kernel long.": lambda layers: 4**layers,
        "you multiplied the kernels, those of the last two layers too. Neighbouring windows overlap: a row of `field` "
        "of them is (field − 1) strides and one kernel long.": lambda layers: 4 ** (layers + 2),
        "you left the strides out. Behind a layer that halves, a step is two pixels wide.": (
            lambda layers: 1 + 3 * (layers + 2)
        ),
        "you go forwards, which is fine, but double the step too early. What a layer adds, 3 steps, is in the step "
        "that it is given; after that the step doubles.": _jumping_too_early,
        "this is the height of the map of logits for 256 px. The field is how much of the picture one of them "
        "sees.": lambda layers: 256 // 2**layers - 2,
    }
    right = [receptive_field(layers) for layers in range(6)]
    for sentence, wrong in misconceptions.items():
        if found[1:] == [wrong(layers) for layers in range(1, 6)]:
            return sentence
    for difference in (1, 2, 3, 4, -1, -2, -3, -4):
        if all(isinstance(made, int | float) for made in found) and found[1:] == [
            value + difference for value in right[1:]
        ]:
            return (
                f"always {abs(difference)} too {'many' if difference > 0 else 'few'}. Look at where you begin and at "
                "what you add last: one layer sees 4 of what it reads, and padding adds nothing to see."
            )
    if found[1:] == right[:-1] or found[1:5] == right[2:]:
        return "one layer off: `layers` counts the layers that halve. Two more, with stride 1, come behind them."
    for layers in (3, 1, 2, 4, 5):
        if found[layers] != right[layers]:
            return (
                f"for layers={layers} it should give {right[layers]}; yours gives {found[layers]!r}. Go back from one "
                "logit: 1, then 4, then 7 for the two layers with stride 1, and twice as many, plus 2, for each that "
                "halves."
            )
    if found[0] != 1:
        return (
            f"right from 1 to 5. With layers=0 every kernel is 1x1, the PixelGAN: a logit sees one pixel, and yours "
            f"says {found[0]}."
        )
    if not all(type(made) is int for made in found):
        return f"the numbers are right, but they are of type {_first_other(found)}; pixels are counted in int."
    return None


def _first_other(found: list[Any]) -> str:
    return next(type(made).__name__ for made in found if type(made) is not int)


# E3.5 ----------------------------------------------------------------------------------------------------------------


def check_paired_generator_step(answer: Step) -> Step:
    """Exercise E3.5: teach the generator by two terms, and leave the discriminator as it is, averages included."""
    return verdict(answer, paired_generator_step, _examine_paired_generator_step)


class _PairedGame(Game):
    """The smallest pair of players for pictures: 1x1 convolutions, and two pairs of 2x2 px.

    It remembers what the generator made, what the discriminator was shown, and how often the optimiser moved.
    """

    def __init__(self, norm: bool = False) -> None:
        judge = nn.Conv2d(6, 1, 1)
        super().__init__("generator", nn.Conv2d(3, 3, 1), nn.Sequential(nn.BatchNorm2d(6), judge) if norm else judge)
        for network in self.networks.values():
            for weight in network.parameters():
                weight.data = torch.linspace(-0.5, 0.8, weight.numel()).view_as(weight)
        self.labels, self.photos = torch.rand(2, 2, 3, 2, 2, generator=_seeded(0)) * 2 - 1
        self.made: list[Tensor] = []
        self.judged: list[Tensor] = []
        self.moves = 0
        self.networks["generator"].register_forward_hook(lambda *call: self.made.append(call[-1]))
        self.networks["discriminator"].register_forward_pre_hook(lambda _, inputs: self.judged.append(inputs[0]))
        self.optimiser.register_step_post_hook(self._count)

    def _count(self, *_: Any) -> None:
        self.moves += 1

    def play(self, step: Step, **options: Any) -> Any:
        networks = self.networks["generator"], self.networks["discriminator"]
        return step(*networks, self.optimiser, self.labels.clone(), self.photos.clone(), **options)


def _against_the_labels(
    generator: nn.Module, discriminator: nn.Module, optimiser: Optimizer, labels: Tensor, photos: Tensor
) -> Any:
    """The right step, but the picture is compared with the labels."""
    return paired_generator_step(
        generator, discriminator, optimiser, labels, photos, pixel_loss=lambda fake, _: l1_loss(fake, labels)
    )


def _examine_paired_generator_step(answer: Step) -> str | None:
    mistakes: dict[str, Step] = {
        **old_gradients(paired_generator_step),
        "pixel_weight stands at the wrong term. The adversarial one counts once, the pixel loss pixel_weight "
        "times.": partial(paired_generator_step, loss=lambda fake: 100 * generator_bce_loss(fake), pixel_weight=1),
        "pixel_weight is forgotten. Counted once, the pixel loss says little beside the adversarial one; the paper "
        "counts it 100 times.": partial(paired_generator_step, pixel_weight=1),
        "pixel_weight multiplies both terms, so their balance is that of 1 to 1. It belongs to the pixel loss "
        "alone.": partial(paired_generator_step, loss=lambda fake: 100 * generator_bce_loss(fake)),
        "only the adversarial term taught anything: the pixel loss is left out, or cut off by `.detach()`.": partial(
            paired_generator_step, pixel_weight=0
        ),
        "only the pixel loss taught anything: the adversarial term is left out, or no gradient passes the "
        "discriminator.": partial(paired_generator_step, loss=lambda fake: 0 * fake.mean()),
        "the picture is compared with the labels. It should come near the photo; the labels are what it is made "
        "of.": _against_the_labels,
        "this is the square of the distance, L2, whose best answer is the mean of all photos that could be, and so "
        "blur. Use the pixel_loss that was handed in.": partial(paired_generator_step, pixel_loss=l2_loss),
        "it went down the saturating loss, log(1 − D). Its slope is almost nothing where D is sure. Use the loss that "
        "was handed in.": partial(paired_generator_step, loss=generator_saturating_loss),
        "it learns to be found out: you labelled its photos fake. The generator wants them called real.": partial(
            paired_generator_step, loss=lambda fake: softplus(fake).mean()
        ),
        "it moved uphill. Both terms already have the sign of something to make smaller.": partial(
            paired_generator_step, loss=lambda fake: -generator_bce_loss(fake), pixel_weight=-100
        ),
        "the adversarial term has the wrong sign. The loss that was handed in already asks to be called real; add "
        "it.": partial(paired_generator_step, loss=lambda fake: -generator_bce_loss(fake)),
        "the pixel loss has the wrong sign: this would drive the picture away from the photo. Add it.": partial(
            paired_generator_step, pixel_weight=-100
        ),
        "the sum is halved. The paper halves the discriminator's loss, to slow it down, and not the "
        "generator's.": partial(
            paired_generator_step, loss=lambda fake: 0.5 * generator_bce_loss(fake), pixel_weight=50
        ),
    }
    no_gradient = (
        "no gradient reached the generator: a wall stands in its way, `.detach()` or `frozen` or `no_grad`. In this "
        "step it is the generator's turn."
    )
    left_behind = (
        "the generator learns as it should, but leaves gradients in the discriminator's weights. They cost time, and "
        "the discriminator's step must forget them first. `with frozen(discriminator):` never computes them."
    )
    return (
        _examine_what_was_judged(answer)
        or examine_step(answer, paired_generator_step, _PairedGame, mistakes, no_gradient, left_behind)
        or _examine_terms(answer)
        or examine_result(answer, paired_generator_step, _PairedGame)
        or examine_handed_in(answer, paired_generator_step, _PairedGame, generator_lsgan_loss)
        or _examine_pixel_options(answer)
        or _examine_averages(answer)
    )


def _examine_what_was_judged(answer: Step) -> str | None:
    """What is wrong with the pictures that were made and shown to the discriminator, and with how often it moved."""
    game = _PairedGame()
    crashed = ""
    try:
        game.play(answer)
    except NotImplementedError:
        raise
    except RuntimeError as error:
        crashed = str(error)
    if game.moves > 1 or "second time" in crashed:
        return (
            "the generator moves once for each term, and between them its weights, and with them its picture, "
            "changed. Add the terms, then update once."
        )
    if len(game.made) > 1:
        return (
            "the generator is asked twice, and dropout makes it answer differently: what D judged is not what was "
            "compared with the photo. Make the photos once, and use them for both terms."
        )
    return _about_what_was_judged(game) if game.made and game.judged else None


def _about_what_was_judged(game: _PairedGame) -> str | None:
    (fake_photos,), judged = game.made, game.judged[-1]
    if judged.shape == beside(game.labels, fake_photos).shape:
        if torch.equal(judged, beside(fake_photos, game.labels)):
            return (
                "the discriminator is shown the photo first and the labels second. Its own step shows it labels, then "
                "photo: beside(labels, fake_photos)."
            )
        if any(torch.equal(seen, beside(game.labels, fake_photos)) for seen in game.judged):
            if fake_photos.requires_grad and not judged.requires_grad:
                return (
                    "the discriminator is shown a picture that hangs on nothing, behind `.detach()` or `no_grad`. Its "
                    "judgement then teaches the generator nothing, and only the pixel loss is left."
                )
            return None
        if torch.equal(judged, beside(game.labels, game.photos)):
            return (
                "the discriminator is shown the real photo. It should judge what the generator made: "
                "beside(labels, fake_photos)."
            )
    elif judged.shape == fake_photos.shape:
        return (
            "the discriminator is shown three channels, one picture without its labels. A fine photo of another facade "
            "would please it: show it beside(labels, fake_photos)."
        )
    return (
        f"the discriminator should be shown the labels and what was made of them, beside(labels, fake_photos), six "
        f"channels; yours shows it something else, of the shape {tuple(judged.shape)}."
    )


def _examine_terms(answer: Step) -> str | None:
    """Whether the result holds the two terms apart."""
    result, right = _PairedGame().play(answer), _PairedGame().play(paired_generator_step)
    loss, pixel_loss = (getattr(result, name, None) for name in ("loss", "pixel_loss"))
    if isinstance(pixel_loss, Tensor) and close(pixel_loss.detach(), 100 * right.pixel_loss):
        return (
            "in its result, pixel_loss is already weighted. Return it as it is: then histories with different weights "
            "can be compared."
        )
    if isinstance(loss, Tensor) and close(loss.detach(), right.loss + 100 * right.pixel_loss):
        return (
            "in its result, loss is the whole sum, in which the pixel loss drowns everything else. Return the two "
            "terms apart: the adversarial one is `loss`."
        )
    if isinstance(loss, Tensor) and isinstance(pixel_loss, Tensor) and close(loss.detach(), right.pixel_loss):
        return "in its result, the two terms stand in each other's place: loss is the adversarial one."
    return None


def _examine_pixel_options(answer: Step) -> str | None:
    """Whether a step uses the pixel loss and the weight that it is given."""
    for options, sentence in (
        ({"pixel_loss": l2_loss}, "it ignores the pixel_loss it is given. The lesson hands in L2 too, to compare."),
        ({"pixel_weight": 7.0}, "it ignores the pixel_weight it is given, and always takes 100."),
    ):
        game, right = _PairedGame(), _PairedGame()
        game.play(answer, **options)
        right.play(paired_generator_step, **options)
        if not close(game.weights("generator"), right.weights("generator")):
            return sentence
    return None


def _examine_averages(answer: Step) -> str | None:
    """Whether the discriminator's batch norms judge as they do in training, and keep their averages."""
    before, game, right = (_PairedGame(norm=True) for _ in range(3))
    game.play(answer)
    right.play(paired_generator_step)
    kept = [
        torch.equal(value, before.networks["discriminator"].state_dict()[name])
        for name, value in game.networks["discriminator"].state_dict().items()
    ]
    if not all(kept):
        return (
            "right, for all weights. But the discriminator's batch norms saw the generated photos, and their running "
            "averages moved. Nothing of D changes in this step: `with frozen(discriminator):` keeps the averages too."
        )
    if not all(module.training for network in game.networks.values() for module in network.modules()):
        return "it leaves a network in eval mode. What you switch off, switch on again."
    if not close(game.weights("generator"), right.weights("generator")):
        return (
            "right, until D has batch norms: yours lets them judge by their running averages, as in eval mode. In "
            "training they take the batch's own; `frozen(discriminator)` leaves that as it is."
        )
    return None
