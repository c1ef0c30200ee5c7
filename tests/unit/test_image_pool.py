"""The image pool's statistics, and the schedule's numbers."""

import pytest
import torch

from gancourse import ImagePool, linear_decay
from gancourse.errors import CourseError


def numbered(first, count):
    """Pictures (count, 1, 1, 1) that are their own numbers."""
    return torch.arange(first, first + count, dtype=torch.float32).view(-1, 1, 1, 1)


def test_the_first_fifty_pass_through_and_are_kept():
    pool = ImagePool()
    assert torch.equal(pool.exchange(numbered(0, 50)), numbered(0, 50))
    assert len(pool) == 50
    assert torch.equal(torch.stack(pool.images), numbered(0, 50))


def test_from_then_on_half_are_old_and_the_pool_stays_full():
    pool = ImagePool(50, seed=1)
    pool.exchange(numbered(0, 50))
    given = numbered(50, 4_000)
    returned = pool.exchange(given)
    old = (returned != given).float().mean().item()
    assert 0.46 < old < 0.54  # five standard deviations of a fair coin are 0.04
    assert len(pool) == 50
    assert len({image.item() for image in pool.images}) == 50
    # An old picture is handed out once, and leaves its place to the one that came for it.
    out, kept = sorted(returned.flatten().tolist()), [image.item() for image in pool.images]
    assert sorted([*out, *kept]) == list(range(4_050))


def test_every_place_is_exchanged_equally_often():
    pool = ImagePool(10)
    pool.exchange(numbered(0, 10))
    changes = torch.zeros(10)
    for number in range(10, 4_010):
        before = torch.stack(pool.images).flatten()
        pool.exchange(numbered(number, 1))
        changes += torch.stack(pool.images).flatten() != before
    assert changes.min() > 140  # 200 each on average; four standard deviations are 54
    assert changes.max() < 260


def test_what_comes_back_and_what_is_kept_carries_no_gradient_and_shares_no_memory():
    pool = ImagePool(2)
    images = torch.ones(2, 3, 4, 4, requires_grad=True)
    returned = pool.exchange(images * 2)
    assert not returned.requires_grad
    assert not any(image.requires_grad for image in pool.images)
    returned.zero_()
    assert (torch.stack(pool.images) == 2).all()


def test_a_pool_of_nothing_passes_everything_on():
    pool = ImagePool(0)
    assert torch.equal(pool.exchange(numbered(0, 5)), numbered(0, 5))
    assert len(pool) == 0
    with pytest.raises(CourseError, match="give 0 or more"):
        ImagePool(-1)


def test_the_draws_follow_from_the_seed_and_a_resumed_pool_goes_on_alike():
    one, same, other = ImagePool(5, seed=3), ImagePool(5, seed=3), ImagePool(5, seed=4)
    torch.manual_seed(9)  # the notebook's own numbers play no part
    first = one.exchange(numbered(0, 40))
    assert torch.equal(first, same.exchange(numbered(0, 40)))
    assert not torch.equal(first, other.exchange(numbered(0, 40)))
    resumed = ImagePool(5)
    resumed.load_state_dict(one.state_dict())
    assert torch.equal(one.exchange(numbered(40, 40)), resumed.exchange(numbered(40, 40)))
    with pytest.raises(CourseError, match="this pool holds 4"):
        ImagePool(4).load_state_dict(one.state_dict())


def test_the_rate_falls_as_the_papers():
    rates = {epoch: round(linear_decay(epoch), 4) for epoch in (1, 100, 101, 150, 199, 200, 201, 500)}
    assert rates == {1: 1.0, 100: 1.0, 101: 0.9901, 150: 0.505, 199: 0.0198, 200: 0.0099, 201: 0.0, 500: 0.0}
    assert [linear_decay(epoch, constant=1, decay=3) for epoch in (1, 2, 3, 4)] == [1, 0.75, 0.5, 0.25]
    with pytest.raises(CourseError, match="count from 1"):
        linear_decay(0)
