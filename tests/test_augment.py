from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from mnist_core.augment import Augmentation, augment
from mnist_core.data import Split
from mnist_core.ink import centre_of_mass, ink_box, stroke_width
from mnist_core.styles import add_style_strokes

NOTHING = Augmentation(*[0.0] * len(dataclasses.fields(Augmentation)))


@pytest.fixture
def batch(small_splits: tuple[Split, Split]) -> tuple[Tensor, Tensor]:
    training, _ = small_splits
    return training.images[:300], training.labels[:300]


def test_frames_stay_frames(batch: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    frames, labels = batch
    before = frames.clone()
    changed = augment(frames, labels, Augmentation())
    assert changed.shape == frames.shape
    assert changed.dtype == frames.dtype
    assert changed.min() >= 0
    assert changed.max() <= 1 + 1e-6
    assert changed.isfinite().all()
    assert torch.equal(frames, before)
    # every one is another picture than it was, and none lost its digit
    assert ((changed - frames).abs().amax((1, 2, 3)) > 0.05).all()
    assert (changed.sum((1, 2, 3)) > 0.3 * frames.sum((1, 2, 3))).all()


def test_the_seed_decides(batch: tuple[Tensor, Tensor]) -> None:
    def with_seed(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return augment(*batch, Augmentation())

    assert torch.equal(with_seed(1), with_seed(1))
    assert not torch.equal(with_seed(1), with_seed(2))


def test_every_image_gets_its_own_change(batch: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    same = batch[0][:1].expand(20, -1, -1, -1)
    changed = augment(same, batch[1][:1].expand(20), Augmentation())
    assert len(changed.flatten(1).unique(dim=0)) == 20


def test_ranges_of_zero_change_nothing(batch: tuple[Tensor, Tensor]) -> None:
    assert torch.allclose(augment(*batch, NOTHING), batch[0], atol=1e-4)


@pytest.mark.parametrize(
    "name", [field.name for field in dataclasses.fields(Augmentation) if field.name != "refit"]
)
def test_each_range_changes_something(batch: tuple[Tensor, Tensor], name: str) -> None:
    torch.manual_seed(0)
    value = getattr(Augmentation(), name)
    changed = augment(*batch, dataclasses.replace(NOTHING, **{name: value}))
    assert (changed - batch[0]).abs().mean() > 1e-3


def test_shift_moves_no_further_than_it_says(batch: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    changed = augment(*batch, dataclasses.replace(NOTHING, shift=2.0))
    moved = (centre_of_mass(changed) - centre_of_mass(batch[0])).abs()
    assert 1.5 < moved.max() < 2.05


def test_thickness_goes_both_ways(batch: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    changed = augment(*batch, dataclasses.replace(NOTHING, thickness=1.0))
    ratio = stroke_width(changed) / stroke_width(batch[0])
    assert ratio.min() < 0.95
    assert ratio.max() > 1.2


def test_refit_brings_images_back_to_the_middle(batch: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    ranges = dataclasses.replace(NOTHING, shift=3.0, scale=0.2, refit=1.0)
    changed = augment(*batch, ranges)
    assert torch.allclose(centre_of_mass(changed), torch.tensor(14.5), atol=0.3)
    assert (ink_box(changed)[1].amax(1) - 20).abs().max() < 1.5


def test_other_styles_are_for_ones_sevens_and_nines(batch: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    frames, labels = batch
    styled, changed = add_style_strokes(frames, labels, 1.0)
    assert set(labels[changed].tolist()) == {1, 7, 9}
    assert changed.equal(torch.isin(labels, torch.tensor([1, 7, 9])))
    assert torch.equal(styled[~changed], frames[~changed])
    assert styled.max() <= 1


def test_styles_add_ink(batch: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    frames, labels = batch
    more = add_style_strokes(frames, labels, 1.0)[0] - frames
    assert (more >= 0).all()
    # a few strokes may lie on the digit itself; nearly all of them can be seen
    seen = more[torch.isin(labels, torch.tensor([1, 7, 9]))].abs().sum((1, 2, 3)) > 1
    assert seen.float().mean() > 0.9


def test_styles_go_by_the_label_not_by_the_image(batch: tuple[Tensor, Tensor]) -> None:
    frames = batch[0][:50]
    assert add_style_strokes(frames, torch.full((50,), 7), 1.0)[1].all()
    assert not add_style_strokes(frames, torch.full((50,), 3), 1.0)[1].any()


def test_share_of_other_styles(batch: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(0)
    frames, labels = batch[0], torch.ones_like(batch[1])
    assert not add_style_strokes(frames, labels, 0.0)[1].any()
    assert 0.25 < add_style_strokes(frames, labels, 0.4)[1].float().mean() < 0.55


def test_a_blank_image_is_no_trouble() -> None:
    torch.manual_seed(0)
    blank = torch.zeros(3, 1, 28, 28)
    assert augment(blank, torch.tensor([1, 7, 9]), Augmentation()).isfinite().all()
