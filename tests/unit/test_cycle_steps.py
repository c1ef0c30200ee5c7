"""CycleGAN's steps: who learns from what, in which order, and that both directions are one code."""

import pytest
import torch
from torch import nn
from torch.optim import SGD

from gancourse.losses import (
    cycle_loss,
    discriminator_lsgan_loss,
    generator_bce_loss,
    generator_lsgan_loss,
    identity_loss,
)
from gancourse.networks import PatchDiscriminator, ResNetGenerator
from gancourse.steps import cycle_generators_step, domain_discriminator_step, round_trip


def images(seed, count=2, size=16):
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


class Shift(nn.Module):
    """Adds a number to every pixel, and counts its calls."""

    def __init__(self, by):
        super().__init__()
        self.by, self.given = nn.Parameter(torch.tensor(by)), []

    def forward(self, pictures):
        self.given.append(pictures)
        return pictures + self.by


class Mean(nn.Module):
    """A discriminator whose logit is the mean of a picture, times a weight."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))

    def forward(self, pictures):
        return self.weight * pictures.mean(dim=(1, 2, 3))


def players(there=0.25, back=0.5):
    return Shift(there), Shift(back), Mean(), Mean()


def nothing(loss, optimiser):
    pass


def both(there, back):
    return SGD([*there.parameters(), *back.parameters()], lr=0.1)


def test_losses_are_mean_distances_and_zero_where_the_way_back_undoes_the_way_there():
    pictures = images(0)
    assert cycle_loss(pictures, pictures).item() == 0
    assert cycle_loss(pictures, pictures + 0.5).item() == pytest.approx(0.5, abs=1e-6)
    assert identity_loss(pictures, pictures - 0.25).item() == pytest.approx(0.25, abs=1e-6)


def test_a_generators_step_reports_what_the_formula_says():
    there, back, monet_judge, photo_judge = players()
    photos, monets = torch.full((2, 3, 4, 4), 0.0), torch.full((3, 3, 4, 4), 0.5)
    losses = []
    result = cycle_generators_step(
        there, back, monet_judge, photo_judge, both(there, back), photos, monets,
        update=lambda loss, _: losses.append(loss.item()),
    )  # fmt: skip
    # Fakes: photos become 0.25, monets 1.0; logits are twice that.  Either round trip is 0.75 off.
    assert result.adversarial.item() == pytest.approx((0.5 - 1) ** 2 + (2 - 1) ** 2)
    assert result.cycle.item() == pytest.approx(2 * 0.75)
    assert result.identity.item() == pytest.approx(0.25 + 0.5)
    assert losses == [pytest.approx(1.25 + 10 * 1.5 + 5 * 0.75)]
    assert not any(tensor.requires_grad for tensor in (*result[:3], *result.monet_way, *result.photo_way))


def test_the_recovered_picture_is_made_of_the_very_fake_that_was_judged():
    there, back, judge, _ = players()
    judged = []
    judge.register_forward_pre_hook(lambda _, given: judged.append(given[0]))
    photos = images(1)
    trip = round_trip(there, back, judge, photos)
    assert there.given[0] is photos
    assert trip.fakes is judged[0] is back.given[0]
    assert len(there.given) == len(back.given) == 1


def test_without_weight_the_identity_is_not_even_computed():
    there, back, *judges = players()
    result = cycle_generators_step(
        there, back, *judges, both(there, back), images(0), images(1), identity_weight=0, update=nothing
    )
    assert result.identity == 0
    assert len(there.given) == len(back.given) == 2


def test_the_identity_asks_each_generator_about_the_domain_that_it_makes():
    there, back, *judges = players()
    photos, monets = images(0), images(1)
    cycle_generators_step(there, back, *judges, both(there, back), photos, monets, update=nothing)
    assert there.given[-1] is monets
    assert back.given[-1] is photos


def networks():
    torch.manual_seed(0)
    generators = [ResNetGenerator(blocks=1, width=4, downsamplings=1) for _ in range(2)]
    return *generators, *(PatchDiscriminator(3, layers=1, width=4) for _ in range(2))


def state(network):
    return [weight.detach().clone() for weight in network.parameters()]


def moved(network, before):
    return any(not torch.equal(weight, old) for weight, old in zip(network.parameters(), before, strict=True))


@pytest.mark.parametrize("weights", [{"cycle_weight": 10.0}, {"cycle_weight": 0.0, "identity_weight": 0.0}])
def test_generators_move_and_discriminators_do_not(weights):
    there, back, *judges = networks()
    before = [state(network) for network in (there, back, *judges)]
    cycle_generators_step(there, back, *judges, both(there, back), images(0), images(1), **weights)
    assert [moved(*pair) for pair in zip((there, back, *judges), before, strict=True)] == [True, True, False, False]
    assert all(weight.grad is None and weight.requires_grad for judge in judges for weight in judge.parameters())


def test_each_cycle_teaches_both_generators():
    there, back, judge, _ = networks()
    trip = round_trip(there, back, judge, images(0))
    cycle_loss(images(0), trip.recovered).backward()
    assert all(weight.grad.abs().sum() > 0 for network in (there, back) for weight in (network.layers[1].weight,))


def test_a_discriminators_step_moves_it_alone_and_halves_the_loss():
    *_, judge, _ = networks()
    real, fake = images(0), images(1).requires_grad_()
    before = state(judge)
    expected = 0.5 * discriminator_lsgan_loss(judge(real), judge(fake.detach()))
    result = domain_discriminator_step(judge, SGD(judge.parameters(), lr=0.1), real, fake)
    assert result.loss.item() == pytest.approx(expected.item())
    assert moved(judge, before)
    assert fake.grad is None, "the fakes are detached, whatever is handed in"


def test_swapping_the_domains_swaps_the_outputs_to_the_last_bit():
    there, back, monet_judge, photo_judge = networks()
    photos, monets = images(0), images(1)
    losses = []

    def note(loss, optimiser):
        losses.append(loss.detach())

    one = cycle_generators_step(there, back, monet_judge, photo_judge, both(there, back), photos, monets, update=note)
    other = cycle_generators_step(back, there, photo_judge, monet_judge, both(there, back), monets, photos, update=note)
    assert torch.equal(*losses)
    assert all(torch.equal(a, b) for a, b in zip(one[:3], other[:3], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(one.monet_way, other.photo_way, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(one.photo_way, other.monet_way, strict=True))


def test_another_loss_can_be_handed_in():
    there, back, *judges = networks()
    arguments = (there, back, *judges, both(there, back), images(0), images(1))
    squares = cycle_generators_step(*arguments, update=nothing)
    entropy = cycle_generators_step(*arguments, loss=generator_bce_loss, update=nothing)
    assert squares.adversarial != entropy.adversarial
    expected = sum(generator_lsgan_loss(way.fake_logits) for way in (squares.monet_way, squares.photo_way))
    assert squares.adversarial == expected
