"""The paired steps: the discriminator judges a photo beside its labels, and the generator has two reasons to move."""

import copy
import inspect

import pytest
import torch
from torch.optim import Adam

from gancourse.losses import generator_bce_loss, l1_loss, l2_loss
from gancourse.networks import PatchDiscriminator, UNetGenerator
from gancourse.steps import beside, paired_discriminator_step, paired_generator_step, pixel_step


def players(norm="batch"):
    torch.manual_seed(0)
    generator, discriminator = UNetGenerator(32, 2, norm), PatchDiscriminator(6, 1, 2, norm)
    optimisers = [Adam(network.parameters(), 2e-4, (0.5, 0.999)) for network in (generator, discriminator)]
    labels, photos = torch.rand(2, 3, 3, 32, 32) * 2 - 1
    return generator, discriminator, *optimisers, labels, photos


def without_dropout(generator):
    for layer in generator.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0
    return generator


def state(network):
    return copy.deepcopy(network.state_dict())


def changed(network, before):
    return {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}


def weights(network):
    return {name for name, _ in network.named_parameters()}


def test_the_discriminator_step_changes_the_discriminator_alone():
    generator, discriminator, _, optimiser, labels, photos = players()
    generator_before, discriminator_before = state(generator), state(discriminator)
    paired_discriminator_step(generator, discriminator, optimiser, labels, photos)
    assert changed(generator, generator_before) == set()  # batch norms' averages included
    assert weights(discriminator) <= changed(discriminator, discriminator_before)
    assert all(weight.grad is None for weight in generator.parameters())


def test_the_generator_step_changes_the_generator_alone():
    generator, discriminator, optimiser, _, labels, photos = players()
    generator_before, discriminator_before = state(generator), state(discriminator)
    paired_generator_step(generator, discriminator, optimiser, labels, photos)
    assert changed(discriminator, discriminator_before) == set()
    assert weights(generator) <= changed(generator, generator_before)
    assert all(weight.grad is None for weight in discriminator.parameters())


def test_the_steps_agree_with_the_paper_written_out():
    generator, discriminator, generator_optimiser, discriminator_optimiser, labels, photos = players()
    without_dropout(generator)
    other, judge = copy.deepcopy((generator, discriminator))
    judged = paired_discriminator_step(generator, discriminator, discriminator_optimiser, labels, photos)
    made = paired_generator_step(generator, discriminator, generator_optimiser, labels, photos, pixel_weight=100.0)

    adam = Adam(judge.parameters(), 2e-4, (0.5, 0.999))
    real = judge(torch.cat([labels, photos], 1)).sigmoid()
    fake = judge(torch.cat([labels, other(labels).detach()], 1)).sigmoid()
    loss = (-real.log().mean() - (1 - fake).log().mean()) / 2
    loss.backward()
    adam.step()
    torch.testing.assert_close(judged.loss, loss.detach())
    adam = Adam(other.parameters(), 2e-4, (0.5, 0.999))
    answer = other(labels)
    adversarial = -judge(torch.cat([labels, answer], 1)).sigmoid().log().mean()
    pixels = (photos - answer).abs().mean()
    (adversarial + 100 * pixels).backward()
    adam.step()
    torch.testing.assert_close(made.loss, adversarial.detach())
    torch.testing.assert_close(made.pixel_loss, pixels.detach())
    for ours, theirs in ((generator, other), (discriminator, judge)):
        for mine, written_out in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(mine, written_out, atol=2e-6, rtol=0)


def test_the_two_terms_of_the_gradient_add_up_with_the_weight():
    generator, discriminator, _, _, labels, photos = players()
    without_dropout(generator)
    gradients = []

    def keep(loss, _):
        gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, generator.parameters())]))

    def nothing(*tensors):
        return 0 * tensors[0].mean()

    for loss, pixel_loss in ((generator_bce_loss, nothing), (nothing, l1_loss), (generator_bce_loss, l1_loss)):
        paired_generator_step(generator, discriminator, None, labels, photos, loss, pixel_loss, 7.0, keep)
    adversarial, pixels, both = gradients
    assert adversarial.norm() > 0
    assert pixels.norm() > 0
    torch.testing.assert_close(both, adversarial + pixels, atol=1e-5, rtol=1e-4)
    paired_generator_step(generator, discriminator, None, labels, photos, nothing, nothing, 7.0, keep)
    assert gradients[-1].norm() == 0


def test_the_discriminator_sees_the_labels_first_and_then_the_photo():
    generator, discriminator, generator_optimiser, discriminator_optimiser, labels, photos = players()
    seen = []
    discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    paired_discriminator_step(generator, discriminator, discriminator_optimiser, labels, photos)
    paired_generator_step(generator, discriminator, generator_optimiser, labels, photos)
    assert torch.equal(seen[0], beside(labels, photos))
    assert all(torch.equal(pair[:, :3], labels) for pair in seen)
    assert torch.equal(seen[0][:, 3:], photos)
    assert all(not torch.equal(pair[:, 3:], photos) for pair in seen[1:])


def test_half_the_loss_changes_nothing_under_adam():
    """Adam divides by the gradient's own size; what is left is its epsilon."""
    ends = []
    for factor in (1.0, 2.0):
        generator, discriminator, _, optimiser, labels, photos = players()
        without_dropout(generator)

        def scaled(loss, optimiser, factor=factor):
            optimiser.zero_grad()
            (factor * loss).backward()
            optimiser.step()

        before = torch.cat([weight.detach().flatten().clone() for weight in discriminator.parameters()])
        for _ in range(10):
            paired_discriminator_step(generator, discriminator, optimiser, labels, photos, update=scaled)
        ends.append(torch.cat([weight.detach().flatten() for weight in discriminator.parameters()]))
    assert (ends[0] - before).abs().max() > 1e-3
    torch.testing.assert_close(ends[0], ends[1], atol=1e-6, rtol=0)


@pytest.mark.parametrize("pixel_loss", [l1_loss, l2_loss])
def test_without_an_adversary_only_the_pixels_count(pixel_loss):
    generator, _, optimiser, _, labels, photos = players("none")
    without_dropout(generator)
    expected = pixel_loss(generator(labels), photos)
    loss = pixel_step(generator, optimiser, labels, photos, pixel_loss)
    torch.testing.assert_close(loss, expected.detach())
    assert not loss.requires_grad
    assert pixel_loss(generator(labels), photos) < expected


def test_results_are_unread_and_hold_no_graph():
    generator, discriminator, generator_optimiser, discriminator_optimiser, labels, photos = players()
    judged = paired_discriminator_step(generator, discriminator, discriminator_optimiser, labels, photos)
    made = paired_generator_step(generator, discriminator, generator_optimiser, labels, photos)
    assert judged.real_logits.shape == judged.fake_logits.shape == made.fake_logits.shape == (3, 1, 14, 14)
    assert judged.loss.shape == made.loss.shape == made.pixel_loss.shape == ()
    assert not any(value.requires_grad for value in (*judged, *made))


@pytest.mark.parametrize("step", [paired_discriminator_step, paired_generator_step, pixel_step])
def test_a_step_is_at_most_25_lines(step):
    lines = inspect.getsource(step).replace(f'"""{step.__doc__}"""', "").strip().splitlines()
    assert len([line for line in lines if line.strip()]) <= 25
