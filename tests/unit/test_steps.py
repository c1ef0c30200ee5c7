"""Whoever moves, the other holds still."""

import copy

import pytest
import torch

from gancourse.losses import discriminator_lsgan_loss, generator_lsgan_loss
from gancourse.networks import DCGANDiscriminator, DCGANGenerator, PlaneDiscriminator, PlaneGenerator
from gancourse.steps import discriminator_step, frozen, generator_step, update


def players(kind):
    torch.manual_seed(0)
    if kind == "plane":
        generator, discriminator = PlaneGenerator(latent_size=8), PlaneDiscriminator()
        real = torch.randn(6, 2)
    else:
        generator, discriminator = DCGANGenerator(8, 16, 4), DCGANDiscriminator(16, 4)
        real = torch.rand(6, 3, 16, 16) * 2 - 1
    optimisers = [torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999)) for network in (generator, discriminator)]
    return generator, discriminator, *optimisers, real, torch.randn(6, 8)


def changed(network, before):
    return [name for name, value in network.state_dict().items() if not torch.equal(value, before[name])]


def state(network):
    return copy.deepcopy(network.state_dict())


@pytest.mark.parametrize("kind", ["plane", "pictures"])
def test_the_discriminator_step_changes_the_discriminator_alone(kind):
    generator, discriminator, _, optimiser, real, latents = players(kind)
    generator_before, discriminator_before = state(generator), state(discriminator)
    discriminator_step(generator, discriminator, optimiser, real, latents)
    assert changed(generator, generator_before) == []  # batch norms' averages included
    assert {name for name, _ in discriminator.named_parameters()} <= set(changed(discriminator, discriminator_before))
    assert all(weight.grad is None for weight in generator.parameters())


@pytest.mark.parametrize("kind", ["plane", "pictures"])
def test_the_generator_step_changes_the_generator_alone(kind):
    generator, discriminator, optimiser, _, _, latents = players(kind)
    generator_before, discriminator_before = state(generator), state(discriminator)
    generator_step(generator, discriminator, optimiser, latents)
    assert changed(discriminator, discriminator_before) == []
    assert {name for name, _ in generator.named_parameters()} <= set(changed(generator, generator_before))
    assert all(weight.grad is None for weight in discriminator.parameters())


def test_the_steps_agree_with_the_textbook_written_out():
    generator, discriminator, generator_optimiser, discriminator_optimiser, real, latents = players("plane")
    expected = copy.deepcopy((generator, discriminator))
    torch.manual_seed(1)
    result = discriminator_step(generator, discriminator, discriminator_optimiser, real, latents)
    after = generator_step(generator, discriminator, generator_optimiser, latents)

    other, judge = expected
    adam = torch.optim.Adam(judge.parameters(), 2e-4, (0.5, 0.999))
    loss = -judge(real).sigmoid().log().mean() - (1 - judge(other(latents).detach()).sigmoid()).log().mean()
    loss.backward()
    adam.step()
    torch.testing.assert_close(result.loss, loss.detach())
    adam = torch.optim.Adam(other.parameters(), 2e-4, (0.5, 0.999))
    loss = -judge(other(latents)).sigmoid().log().mean()
    loss.backward()
    adam.step()
    torch.testing.assert_close(after.loss, loss.detach())
    for ours, theirs in zip((generator, discriminator), expected, strict=True):
        for mine, written_out in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(mine, written_out, atol=2e-6, rtol=0)


def test_gradients_of_an_earlier_step_are_forgotten():
    generator, discriminator, _, optimiser, real, latents = players("plane")
    twin = copy.deepcopy(discriminator)
    for weight in discriminator.parameters():
        weight.grad = torch.full_like(weight, 1e3)
    discriminator_step(generator, discriminator, optimiser, real, latents)
    clean = torch.optim.Adam(twin.parameters(), 2e-4, (0.5, 0.999))
    discriminator_step(generator, twin, clean, real, latents)
    assert changed(discriminator, state(twin)) == []


def test_results_are_unread_and_hold_no_graph():
    generator, discriminator, _, optimiser, real, latents = players("plane")
    result = discriminator_step(generator, discriminator, optimiser, real, latents)
    assert result.loss.shape == ()
    assert result.real_logits.shape == result.fake_logits.shape == (6,)
    assert not any(value.requires_grad for value in result)


def test_the_steps_take_another_loss_and_another_update():
    generator, discriminator, generator_optimiser, discriminator_optimiser, real, latents = players("plane")
    seen = []

    def listening_update(loss, optimiser):
        seen.append(optimiser)
        update(loss, optimiser)

    result = discriminator_step(
        generator, discriminator, discriminator_optimiser, real, latents, discriminator_lsgan_loss, listening_update
    )
    torch.testing.assert_close(result.loss, discriminator_lsgan_loss(result.real_logits, result.fake_logits))
    result = generator_step(
        generator, discriminator, generator_optimiser, latents, generator_lsgan_loss, listening_update
    )
    torch.testing.assert_close(result.loss, generator_lsgan_loss(result.fake_logits))
    assert seen == [discriminator_optimiser, generator_optimiser]


def test_frozen_gives_back_what_it_found_even_after_an_error():
    network = DCGANDiscriminator(16, 4)
    next(network.parameters()).requires_grad_(False)  # the user's own choice survives

    def fail_inside():
        with frozen(network):
            assert not any(weight.requires_grad for weight in network.parameters())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_inside()
    assert [weight.requires_grad for weight in network.parameters()].count(False) == 1
    before = state(network)
    network(torch.zeros(2, 3, 16, 16))
    assert changed(network, before)  # batch norms keep averages again


def test_frozen_lets_gradients_through_and_computes_in_the_same_mode():
    network = DCGANDiscriminator(16, 4)
    images = torch.rand(4, 3, 16, 16, requires_grad=True)
    with frozen(network):
        inside = network(images)
    inside.sum().backward()
    assert images.grad.abs().sum() > 0
    assert torch.equal(inside, network(images))
