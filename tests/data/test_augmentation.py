from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from mnist_core.data.augmentation import ARTICLE, Augmentation, augment
from mnist_core.data.mnist import Split
from mnist_core.imaging.normalize import centre_of_mass, ink_box, stroke_width

RANGES = [field.name for field in dataclasses.fields(Augmentation) if field.type is float]
NOTHING = Augmentation(**dict.fromkeys(RANGES, 0.0))


@pytest.fixture
def frames(small_splits: tuple[Split, Split]) -> Tensor:
    training, _ = small_splits
    return training.images[:300]


def test_frames_stay_frames(frames: Tensor) -> None:
    torch.manual_seed(0)
    before = frames.clone()
    changed = augment(frames, Augmentation())
    assert changed.shape == frames.shape
    assert changed.dtype == frames.dtype
    assert changed.min() >= 0
    assert changed.max() <= 1 + 1e-6
    assert changed.isfinite().all()
    assert torch.equal(frames, before)
    # a random strength near 0 leaves very few as they were; none lost its digit
    assert ((changed - frames).abs().amax((1, 2, 3)) > 0.05).float().mean() > 0.99
    assert (changed.sum((1, 2, 3)) > 0.3 * frames.sum((1, 2, 3))).all()


def test_the_seed_decides(frames: Tensor) -> None:
    def with_seed(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return augment(frames, Augmentation())

    assert torch.equal(with_seed(1), with_seed(1))
    assert not torch.equal(with_seed(1), with_seed(2))


def test_every_image_is_transformed_differently(frames: Tensor) -> None:
    torch.manual_seed(0)
    same = frames[:1].expand(20, -1, -1, -1)
    changed = augment(same, Augmentation())
    assert len(changed.flatten(1).unique(dim=0)) == 20


def test_ranges_of_zero_change_nothing(frames: Tensor) -> None:
    assert torch.allclose(augment(frames, NOTHING), frames, atol=1e-4)


@pytest.mark.parametrize("name", [name for name in RANGES if name != "refit"])
def test_each_range_changes_something(frames: Tensor, name: str) -> None:
    torch.manual_seed(0)
    value = getattr(Augmentation(), name)
    changed = augment(frames, dataclasses.replace(NOTHING, **{name: value}))
    assert (changed - frames).abs().mean() > 1e-3


def test_shift_is_limited(frames: Tensor) -> None:
    torch.manual_seed(0)
    changed = augment(frames, dataclasses.replace(NOTHING, shift=2.0))
    moved = (centre_of_mass(changed) - centre_of_mass(frames)).abs()
    assert 1.5 < moved.max() < 2.05


def test_thickness_increases_and_decreases(frames: Tensor) -> None:
    torch.manual_seed(0)
    changed = augment(frames, dataclasses.replace(NOTHING, thickness=1.0))
    ratio = stroke_width(changed) / stroke_width(frames)
    assert ratio.min() < 0.95
    assert ratio.max() > 1.2


def test_refit_brings_images_back_to_the_middle(frames: Tensor) -> None:
    torch.manual_seed(0)
    ranges = dataclasses.replace(NOTHING, shift=3.0, scale=0.2, refit=1.0)
    changed = augment(frames, ranges)
    assert torch.allclose(centre_of_mass(changed), torch.tensor(14.5), atol=0.3)
    assert (ink_box(changed)[1].amax(1) - 20).abs().max() < 1.5


def test_blank_images_stay_finite() -> None:
    torch.manual_seed(0)
    blank = torch.zeros(3, 1, 28, 28)
    assert augment(blank, Augmentation()).isfinite().all()


# --- the article's -----------------------------------------------------------------------------


def bar(count: int) -> Tensor:
    """A horizontal bar in the middle, and no more than that."""
    frames = torch.zeros(count, 1, 28, 28)
    frames[:, :, 13:15, 6:22] = 1
    return frames


def angles(frames: Tensor) -> Tensor:
    """Return the direction in degrees of each image's long axis, from its second moments."""
    ink = frames[:, 0]
    y, x = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    mass = ink.sum((1, 2))
    dx = x - ((ink * x).sum((1, 2)) / mass)[:, None, None]
    dy = y - ((ink * y).sum((1, 2)) / mass)[:, None, None]
    xx, yy, xy = ((ink * part).sum((1, 2)) for part in (dx * dx, dy * dy, dx * dy))
    return torch.rad2deg(torch.atan2(2 * xy, xx - yy) / 2)


def test_the_article_rotates_up_to_ten_degrees() -> None:
    torch.manual_seed(0)
    changed = augment(bar(2000), ARTICLE)
    turned = angles(changed)
    assert 9 < turned.max() < 10.5
    assert -10.5 < turned.min() < -9
    # evenly over the range: the standard deviation is range / sqrt(3)
    assert turned.std().item() == pytest.approx(10 / 3**0.5, rel=0.06)


def test_the_article_shifts_up_to_a_tenth_of_the_picture() -> None:
    torch.manual_seed(0)
    frames = bar(2000)
    shifted = dataclasses.replace(ARTICLE, rotation=0.0)
    changed = augment(frames, shifted)
    moved = centre_of_mass(changed) - centre_of_mass(frames)
    assert 2.6 < moved.abs().amax(0).min() <= moved.abs().max() < 2.85
    assert moved.std(0).tolist() == pytest.approx([2.8 / 3**0.5] * 2, rel=0.06)


def test_the_article_changes_neither_size_nor_ink(frames: Tensor) -> None:
    torch.manual_seed(0)
    before = frames.clone()
    changed = augment(frames, ARTICLE)
    assert torch.equal(frames, before)
    assert changed.min() >= 0
    assert changed.max() <= 1 + 1e-6
    # a digit that is shifted far loses a little at the edge
    ratio = changed.sum((1, 2, 3)) / frames.sum((1, 2, 3))
    assert ratio.median().item() == pytest.approx(1, abs=0.02)
    assert ratio.min() > 0.9
    widths = stroke_width(changed) / stroke_width(frames)
    assert widths.mean().item() == pytest.approx(1, abs=0.1)


def test_without_random_strength_more_images_change_much(frames: Tensor) -> None:
    ranges = dataclasses.replace(NOTHING, shift=3.0)

    def moved(random_strength: bool) -> Tensor:
        torch.manual_seed(0)
        changed = augment(frames, dataclasses.replace(ranges, random_strength=random_strength))
        return (centre_of_mass(changed) - centre_of_mass(frames)).abs().mean()

    assert moved(False) > 1.7 * moved(True)
