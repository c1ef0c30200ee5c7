"""Device, precision and the update they lead to."""

import copy
from functools import partial

import pytest
import torch

from gancourse.errors import CourseError
from gancourse.hardware import Hardware
from gancourse.losses import discriminator_bce_loss, discriminator_lsgan_loss
from gancourse.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    PatchDiscriminator,
    PlaneDiscriminator,
    ResNetGenerator,
    UNetGenerator,
)
from gancourse.steps import update
from gancourse.training import train_gan

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@no_gpu
def test_a_gpu_that_is_not_there_is_missed_in_a_sentence():
    with pytest.raises(CourseError, match="No cuda GPU can be used here"):
        Hardware("cuda")


@no_gpu
def test_without_a_gpu_auto_is_a_cpu_in_float32():
    hardware = Hardware()
    assert hardware.precision == "float32"
    assert hardware.device.type in ("cpu", "mps")


@pytest.mark.parametrize(("device", "precision"), [("tpu", "auto"), ("cpu", "float8"), ("cpu", "float16")])
def test_unknown_or_senseless_choices_are_refused(device, precision):
    with pytest.raises(CourseError):
        Hardware(device, precision)


@pytest.mark.parametrize(
    ("capability", "precision"), [(True, "bfloat16"), (False, "float16")], ids=["recent GPU", "T4"]
)
def test_a_gpu_computes_in_the_half_precision_that_it_has(monkeypatch, capability, precision):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: capability)
    hardware = Hardware("cuda")
    assert hardware.precision == precision
    assert hardware.scaler.is_enabled() == (precision == "float16")


def test_its_update_is_the_textbook_update_in_float32():
    torch.manual_seed(0)
    network, hardware, points = PlaneDiscriminator(), Hardware("cpu"), torch.randn(8, 2)
    twin = PlaneDiscriminator()
    twin.load_state_dict(network.state_dict())
    hardware.update(network(points).mean(), hardware.adam(network.parameters(), 1e-3, (0.5, 0.999)))
    update(twin(points).mean(), torch.optim.Adam(twin.parameters(), 1e-3, (0.5, 0.999)))
    for mine, plain in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, plain, atol=1e-6, rtol=0)


def test_convolutions_are_placed_channels_last_and_compute_the_same():
    torch.manual_seed(0)
    network, images = DCGANDiscriminator(32, 4), torch.rand(4, 3, 32, 32)
    before = network(images)
    hardware = Hardware("cpu")
    placed = hardware.place(network)
    assert placed.layers[2][0].weight.is_contiguous(memory_format=torch.channels_last)
    sent = hardware.send(images)
    torch.testing.assert_close(placed(sent), before, atol=1e-5, rtol=1e-4)


def test_a_unet_keeps_the_plain_order_on_a_cpu():
    generator = Hardware("cpu").place(UNetGenerator(32, 4))
    weights = [weight for weight in generator.parameters() if weight.ndim == 4]
    assert all(weight.is_contiguous() for weight in weights)
    assert generator(Hardware("cpu").send(torch.zeros(1, 3, 32, 32))).is_contiguous()


WITH_NORMS = [
    partial(DCGANDiscriminator, 32, 4),
    partial(UNetGenerator, 32, 4, "instance"),
    partial(PatchDiscriminator, 3, layers=1, width=4, norm="instance"),
    partial(ResNetGenerator, blocks=1, width=4, downsamplings=1),
]


def require_plain_gradients(make, count, hardware):
    """Raise AssertionError unless a network that was placed has the gradients of one that was not."""
    torch.manual_seed(0)
    plain = make().eval().double()
    placed = hardware.place(copy.deepcopy(plain).float())
    pictures = torch.rand(count, 3, 32, 32).double() * 2 - 1
    for network, seen in ((plain, pictures), (placed, hardware.send(pictures.float()))):
        output = network(seen)
        (output * torch.arange(output.numel()).reshape(output.shape).to(output)).mean().backward()
    for weight, other in zip(plain.parameters(), placed.parameters(), strict=True):
        scale = weight.grad.abs().max()
        if scale > 1e-6:  # biases before a norm have none
            assert (weight.grad - other.grad.cpu()).abs().max() < 1e-3 * scale


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("make", WITH_NORMS)
def test_a_placed_network_has_the_gradients_of_a_plain_one(make, count):
    """In channels-last order an InstanceNorm has not: PyTorch 2.11 on a CPU, for one picture at a time."""
    require_plain_gradients(make, count, Hardware("cpu"))


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("make", WITH_NORMS)
def test_on_a_gpu_too(cuda, make, count):
    require_plain_gradients(make, count, Hardware(cuda, "float32"))


def test_bfloat16_computes_in_bfloat16_keeps_float32_weights_and_losses_and_learns_alike():
    losses = {}
    for precision in ("float32", "bfloat16"):
        torch.manual_seed(0)
        networks = DCGANGenerator(8, 16, 4), DCGANDiscriminator(16, 4)
        seen = []
        networks[1].layers[0].register_forward_hook(lambda _, __, output, seen=seen: seen.append(output.dtype))
        history = train_gan(
            *networks, torch.rand(32, 3, 16, 16) * 2 - 1,
            steps=5, batch_size=16, hardware=Hardware("cpu", precision), progress=False,
        )  # fmt: skip
        assert set(seen) == {getattr(torch, precision)}
        assert {weight.dtype for network in networks for weight in network.parameters()} == {torch.float32}
        assert history.samples[-1][1].dtype == torch.float32
        losses[precision] = history.values["discriminator_loss"]
    assert losses["bfloat16"] != losses["float32"]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.05)


@pytest.mark.parametrize("loss", [discriminator_bce_loss, discriminator_lsgan_loss])
def test_losses_of_low_precision_logits_are_computed_in_float32(loss):
    logits = torch.tensor([1.0, 1.0078125], dtype=torch.bfloat16)  # neighbours in bfloat16
    with Hardware("cpu", "bfloat16").autocast():
        assert loss(logits, logits).dtype == torch.float32
        assert loss(logits, logits) == pytest.approx(loss(logits.float(), logits.float()).item(), rel=1e-6)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_gpu_trains(cuda, precision):
    torch.manual_seed(0)
    networks = DCGANGenerator(8, 16, 4), DCGANDiscriminator(16, 4)
    history = train_gan(
        *networks, torch.rand(32, 3, 16, 16) * 2 - 1,
        steps=5, batch_size=16, hardware=Hardware(cuda, precision), progress=False,
    )  # fmt: skip
    assert len(history.values["generator_loss"]) == 5
