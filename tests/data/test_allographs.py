from __future__ import annotations

import functools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from joblib.externals.loky import get_reusable_executor
from support.drawings import Drawing
from support.training import finish, small

from mnist_core.data.allographs import (
    NON_DIGIT,
    NON_DIGIT_KINDS,
    TEMPLATES,
    draw_digit,
    draw_non_digit,
)
from mnist_core.data.allographs.deformation import pen_habits
from mnist_core.data.allographs.digits_0_1 import zero_open
from mnist_core.data.allographs.frame_cache import cached_frames
from mnist_core.data.allographs.frames import draw_frames, generate_frames
from mnist_core.data.allographs.generator import Template
from mnist_core.data.allographs.letters import LETTERS
from mnist_core.data.allographs.non_digits import crossed_out, touching, word
from mnist_core.data.allographs.pen import Pen
from mnist_core.data.allographs.pool import DrawingPool
from mnist_core.data.allographs.symbols import SYMBOLS
from mnist_core.data.mnist import Split
from mnist_core.imaging.normalize import frame_from_canvas, is_dot
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.models.forward import predict_logits
from mnist_core.training.trainer import train

EVERY_TEMPLATE = [(digit, template) for digit in range(10) for template in TEMPLATES[digit]]


def check(drawing: Drawing) -> None:
    """A drawing has strokes of finite positions, and is about one unit large."""
    assert drawing
    for stroke in drawing:
        assert stroke.ndim == 2
        assert stroke.shape[1] == 2
        assert len(stroke) >= 1
        assert np.isfinite(stroke).all()
    size = np.ptp(np.concatenate(drawing), axis=0)
    assert 0.5 < size.max() < 3


def test_every_digit_has_templates_that_are_drawn() -> None:
    assert sorted(TEMPLATES) == list(range(10))
    for templates in TEMPLATES.values():
        assert len(templates) >= 3
        assert min(templates.values()) > 0


@pytest.mark.parametrize(
    ("digit", "template"),
    EVERY_TEMPLATE,
    ids=[f"{digit}-{template.__name__}" for digit, template in EVERY_TEMPLATE],
)
def test_templates(digit: int, template: Template) -> None:
    rng = np.random.default_rng(digit)
    drawings = [template(Pen(rng)) for _ in range(30)]
    for drawing in drawings:
        check(drawing)
    canvases = draw_strokes(drawings)
    assert not is_dot(canvases).any()
    assert len(canvases.flatten(1).unique(dim=0)) == len(drawings)


@pytest.mark.parametrize("digit", range(10))
def test_drawings_of_digits(digit: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        check(draw_digit(rng, digit))


def test_drawings_of_non_digits() -> None:
    rng = np.random.default_rng(0)
    drawings = [draw_non_digit(rng) for _ in range(200)]
    for drawing in drawings:
        assert all(np.isfinite(stroke).all() and len(stroke) for stroke in drawing)
    assert not is_dot(draw_strokes(drawings)).any()


@pytest.mark.parametrize("kind", NON_DIGIT_KINDS)
def test_kinds_of_non_digits(kind: str) -> None:
    rng = np.random.default_rng(0)
    canvases = draw_strokes([draw_non_digit(rng, kind) for _ in range(30)])
    assert not is_dot(canvases).any()
    assert len(canvases.flatten(1).unique(dim=0)) == 30


def test_a_slow_tablet_reports_corners() -> None:
    class Slow(Pen):
        def chance(self, probability: float) -> bool:
            return probability == 0.1

    t = np.linspace(0, 1, 30)[:, None]
    stroke = np.concatenate([t * (0, 1), (0, 1) + t[1:] * (1, -1)])  # a V
    for start in range(5):
        seldom = pen_habits(Slow(np.random.default_rng(0)), stroke[start:])
        assert 5 < len(seldom) < len(stroke) / 2
        assert (seldom == (0, 1)).all(1).any()


def test_letters_that_look_like_digits_are_no_non_digits() -> None:
    assert not set("OIlSZBqgbosz|0123456789") & set(LETTERS)


@pytest.mark.parametrize("table", [LETTERS, SYMBOLS], ids=["letters", "symbols"])
def test_control_points(table: dict) -> None:
    for paths in table.values():
        for kind, points in paths:
            assert kind in ("l", "c")
            assert len(points) >= 2
        check([np.array(points) for _, points in paths])


def test_letters_and_symbols_have_names_of_their_own() -> None:
    assert not set(LETTERS) & set(SYMBOLS)


def test_a_digit_is_crossed_out_over_all_its_width() -> None:
    digit = np.array([[0.0, 0.0], [0.6, 0.1], [0.2, 1.0]])
    for seed in range(20):
        drawing = crossed_out(Pen(np.random.default_rng(seed)), lambda _: [digit])
        assert np.array_equal(drawing[0], digit)
        over = np.concatenate(drawing[1:])
        assert over[:, 0].min() < 0
        assert over[:, 0].max() > 0.6


@pytest.mark.parametrize("kind", ["crossed out", "stacked"])
def test_nothing_is_drawn_over_a_zero_or_a_one(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unexpected(pen: Pen) -> Drawing:
        raise AssertionError("it could make a slashed zero or a crossed seven")

    for digit in (0, 1):
        monkeypatch.setitem(TEMPLATES, digit, {unexpected: 1.0})
    rng = np.random.default_rng(0)
    for _ in range(50):
        draw_non_digit(rng, kind)


def test_the_letters_of_a_word_follow_each_other() -> None:
    letter = np.array([[0.0, 0.0], [0.6, 1.0]])
    for seed in range(20):
        drawing = word(Pen(np.random.default_rng(seed)), lambda _: [letter])
        assert len(drawing) in (2, 3)
        left = [stroke[:, 0].min() for stroke in drawing]
        assert (np.diff(left) > 0.3).all()


def test_an_open_zero_has_its_gap_at_the_top() -> None:
    for seed in range(20):
        (ring,) = zero_open(Pen(np.random.default_rng(seed)))
        ends = ring[[0, -1]]
        assert (ends[:, 1] < np.median(ring[:, 1])).all()
        assert np.hypot(*(ends[0] - ends[1])) > 0.05


def test_the_seed_decides() -> None:
    def drawn(seed: int) -> list[Drawing]:
        rng = np.random.default_rng(seed)
        return [draw_digit(rng, 3), draw_non_digit(rng)]

    for first, second in zip(drawn(1), drawn(1), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(drawn(1)[0][0], drawn(2)[0][0])


def test_frames() -> None:
    labels = np.array([0, 1, NON_DIGIT, 9])
    frames = generate_frames(labels, seed=3)
    assert frames.shape == (4, 1, 28, 28)
    assert frames.dtype == torch.uint8
    assert (frames.flatten(1).amax(1) > 200).all()
    assert torch.equal(frames, generate_frames(labels, seed=3))
    assert not torch.equal(frames, generate_frames(labels, seed=4))
    assert generate_frames(labels[:0], seed=3).shape == (0, 1, 28, 28)


@pytest.mark.filterwarnings("ignore:`fork` start method")
def test_frames_do_not_depend_on_the_number_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    # the processes are forked, and need not import torch
    monkeypatch.setattr("joblib.externals.loky.backend.context._DEFAULT_START_METHOD", "fork")
    labels = np.arange(60) % 11
    alone, together = (generate_frames(labels, 1, chunk=40, processes=n) for n in (1, 2))
    assert torch.equal(alone, together)
    get_reusable_executor().shutdown()


LABELS = np.arange(20) % 10
cached = functools.partial(cached_frames, LABELS, smallest=len(LABELS))


def test_frames_are_kept_and_a_damaged_file_is_written_again(tmp_path: Path) -> None:
    frames = generate_frames(LABELS, 5)
    assert torch.equal(cached(5, folder=tmp_path), frames)
    (kept,) = tmp_path.glob("*.npz")
    written, whole = kept.stat().st_mtime_ns, kept.read_bytes()
    assert torch.equal(cached(5, folder=tmp_path), frames)
    assert kept.stat().st_mtime_ns == written
    kept.write_bytes(whole[:-1000])
    assert torch.equal(cached(5, folder=tmp_path), frames)
    assert kept.stat().st_size == len(whole)


def test_few_frames_are_not_kept(tmp_path: Path) -> None:
    frames = cached_frames(LABELS, 5, folder=tmp_path, smallest=len(LABELS) + 1)
    assert torch.equal(frames, generate_frames(LABELS, 5))
    assert not list(tmp_path.iterdir())


def test_outdated_frames_are_deleted_after_a_day_and_the_oldest_of_too_many(tmp_path: Path) -> None:
    def write(name: str, age: float) -> Path:
        path = tmp_path / f"{name}.npz"
        path.write_bytes(bytes(1000))
        path.with_suffix(".lock").touch()
        then = time.time() - age
        os.utime(path, (then, then))
        return path

    other, recent = write("0" * 16, 90_000), write("1" * 16, 1000)
    cached(1, folder=tmp_path)
    assert not other.exists()
    assert not other.with_suffix(".lock").exists()
    assert recent.exists()  # perhaps of a program that still runs
    (first,) = set(tmp_path.glob("*.npz")) - {recent}
    os.utime(first, (1, 1))
    most = first.stat().st_size
    cached(2, folder=tmp_path, most_bytes=most)
    (second,) = tmp_path.glob("*.npz")
    assert second not in (first, recent)
    cached(2, folder=tmp_path, most_bytes=most)
    assert second.exists()


def test_another_version_of_the_generator_writes_another_file(tmp_path: Path) -> None:
    cached(1, folder=tmp_path)
    cached(1, folder=tmp_path, version="another")
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_progress_of_many_frames() -> None:
    seen: list[tuple[int, int]] = []
    generate_frames(np.arange(10), 0, chunk=4, report=lambda *progress: seen.append(progress))
    assert seen == [(0, 10), (4, 10), (8, 10), (10, 10)]


def sharp_and_tiny(drawings: list[Drawing], labels: np.ndarray) -> Iterator[torch.Tensor]:
    for share in (0.0, 1.0):
        yield draw_frames(drawings, labels, np.random.default_rng(1), tiny_share=share)


def test_frames_of_tiny_pictures() -> None:
    rng = np.random.default_rng(0)
    drawings = [draw_digit(rng, digit) for digit in range(10)]
    sharp, tiny = sharp_and_tiny(drawings, np.arange(10))
    assert (tiny.flatten(1).amax(1) > 200).all()
    assert (tiny != sharp).flatten(1).any(1).all()
    # the same drawings: most of their ink is where it was
    shared = torch.minimum(tiny, sharp).sum(dtype=torch.float) / sharp.sum(dtype=torch.float)
    assert shared > 0.6
    # a tiny row of letters would be a bar
    wide = [[np.array([[0.0, 0.0], [0.1, 0.4], [0.9, 0.0], [1.0, 0.4]])]] * 2
    sharp, bars = sharp_and_tiny(wide, np.array([1, NON_DIGIT]))
    assert not torch.equal(bars[0], sharp[0])
    assert torch.equal(bars[1], sharp[1])


def test_touching_digits_are_one_piece_or_close() -> None:
    square = np.array([[0.0, 0.0], [0.7, 0.0], [0.7, 1.0], [0.0, 1.0], [0.0, 0.0]])
    for seed in range(20):
        drawing = touching(Pen(np.random.default_rng(seed)), lambda _: [square])
        points = np.concatenate(drawing)
        assert 1 <= len(drawing) <= 3
        assert 1.0 < np.ptp(points[:, 0]) < 2.0


def test_frames_without_a_folder_for_them(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    frames = cached(5, folder=tmp_path / "file" / "x")
    assert torch.equal(frames, generate_frames(LABELS, 5))


def test_pool() -> None:
    pool = DrawingPool.generate(40, 20, seed=0, device="cpu")
    assert pool.frames.shape == (60, 1, 28, 28)
    assert pool.frames.dtype == torch.uint8
    assert pool.labels.dtype == torch.int64
    counts = torch.bincount(pool.labels, minlength=NON_DIGIT + 1)
    assert counts.tolist() == [4] * 10 + [20]


@pytest.mark.parametrize(("digits", "non_digits"), [(30, 10), (30, 0), (0, 10)])
def test_samples_of_a_pool(digits: int, non_digits: int) -> None:
    torch.manual_seed(0)
    pool = DrawingPool.generate(digits, non_digits, seed=0, device="cpu")
    frames, labels = pool.sample(digits, non_digits)
    assert frames.shape == (digits + non_digits, 1, 28, 28)
    assert frames.dtype == torch.float32
    assert 0 <= frames.min() < frames.max() <= 1
    assert (labels[:digits] < NON_DIGIT).all()
    assert (labels[digits:] == NON_DIGIT).all()
    # they are the pool's own frames, with their labels
    for frame, label in zip(frames, labels, strict=True):
        same = (pool.frames.float() / 255 == frame).flatten(1).all(1)
        assert label in pool.labels[same]


def test_a_network_that_has_seen_generated_digits_only_reads_real_ones(
    pen_digits: list[tuple[int, Drawing]],
) -> None:
    pool = DrawingPool.generate(600, 0, seed=0, device="cpu")
    images = pool.frames.float() / 255
    training = Split(images[:500], pool.labels[:500])
    validation = Split(images[500:], pool.labels[500:])
    config = small(model="mnist_cnn_bn", epochs=4, batch_size=20, learning_rate=2e-2)
    model = finish(train(config, training, validation)).model
    some = pen_digits[:500]
    frames = frame_from_canvas(draw_strokes([strokes for _, strokes in some]))
    predicted = predict_logits(model, frames).argmax(1)
    assert (predicted == torch.tensor([label for label, _ in some])).float().mean() > 0.7
