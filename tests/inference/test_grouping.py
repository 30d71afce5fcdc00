"""Parts of a row are grouped into digits."""

from __future__ import annotations

import itertools

import pytest

from mnist_core.inference.grouping import (
    MAX_PARTS,
    MAX_ROW_PARTS,
    Box,
    Part,
    best_runs,
    candidates,
    row_height,
    row_parts,
    run_part,
)


def box(left: float, right: float, top: float = 0.0, bottom: float = 1.0) -> Box:
    return Box(left, top, right, bottom)


def indices(parts: list[Part]) -> list[tuple[int, ...]]:
    return [part.indices for part in parts]


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([], []),
        ([box(0, 1)], [(0,)]),
        ([box(2, 3), box(0, 1)], [(1,), (0,)]),  # from left to right
        ([box(0, 1), box(0.2, 0.9)], [(0, 1)]),
        ([box(0, 1), box(0.5, 0.5)], [(0, 1)]),  # a vertical line through it
        ([box(0, 1), box(0.9, 1.9)], [(0,), (1,)]),  # slanted digits overlap a little
        ([box(0, 0), box(0.3, 0.3)], [(0,), (1,)]),  # eleven
        ([box(0, 1), box(2, 3), box(0, 3)], [(0, 1, 2)]),  # one after the other
    ],
)
def test_parts_of_a_row(boxes: list[Box], expected: list[tuple[int, ...]]) -> None:
    assert indices(row_parts(boxes)) == expected


def test_a_row_of_very_many_parts_is_bounded() -> None:
    parts = row_parts([box(i, i + 0.4) for i in range(500)])
    assert len(parts) == MAX_ROW_PARTS
    assert sorted(itertools.chain(*indices(parts))) == list(range(500))
    runs = candidates(len(parts))
    assert len(runs) <= MAX_PARTS * MAX_ROW_PARTS + 1


@pytest.mark.parametrize("count", [0, 1, 2, 5, 9])
def test_candidates_are_neighbours_and_the_whole(count: int) -> None:
    runs = candidates(count)
    assert len(set(runs)) == len(runs)
    assert all(0 <= first < end <= count for first, end in runs)
    assert ((0, count) in runs) == (count > 0)


def test_the_height_of_a_row() -> None:
    parts = row_parts([box(0, 1), box(2, 3, -1, 1)])
    assert row_height(parts) == 2
    assert row_height(row_parts([box(0, 1, 0, 0)])) > 0
    assert row_height([]) > 0


def choose(boxes: list[Box], good: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    parts = row_parts(boxes)
    return best_runs(parts, {run: good.get(run, 1e-4) for run in candidates(len(parts))})


def test_the_digits_that_look_most_like_digits_are_chosen() -> None:
    row = [box(0, 0.5), box(0.6, 1.0), box(1.2, 1.7)]
    assert choose(row, {(0, 2): 0.9, (2, 3): 0.9}) == [(0, 2), (2, 3)]
    assert choose(row, {(0, 1): 0.9, (1, 3): 0.9}) == [(0, 1), (1, 3)]
    assert choose(row, {(0, 1): 0.9, (1, 2): 0.9, (2, 3): 0.9}) == [(0, 1), (1, 2), (2, 3)]
    assert choose(row, {(0, 3): 0.9}) == [(0, 3)]


def test_the_best_of_all_ways_to_cut_a_row() -> None:
    """Compared with all partitions of a row without gaps and overlaps."""
    parts = row_parts([box(i, i + 1, 0, 10) for i in range(5)])
    qualities = {run: 0.05 + 0.9 * (hash(run) % 97) / 97 for run in candidates(5)}
    found = best_runs(parts, qualities)

    def product(runs: list[tuple[int, int]]) -> float:
        value = 1.0
        for run in runs:
            value *= qualities[run] * 2.718281828**-0.3
        return value

    partitions = [
        list(itertools.pairwise([0, *cuts, 5]))
        for count in range(5)
        for cuts in itertools.combinations(range(1, 5), count)
    ]
    assert product(found) == pytest.approx(max(map(product, partitions)))


def test_of_equal_qualities_a_wide_gap_is_no_digits_inside() -> None:
    both = {(0, 1): 0.9, (1, 2): 0.9, (0, 2): 0.9}
    assert choose([box(0, 0.5), box(1.2, 1.7)], both) == [(0, 1), (1, 2)]
    assert choose([box(0, 0.3), box(0.3, 0.6)], both) == [(0, 2)]
    # a four whose stem stands apart
    assert choose([box(0, 0.4), box(0.5, 0.55)], dict.fromkeys(both, 0.97)) == [(0, 2)]


def test_parts_that_touch_are_not_cut_apart() -> None:
    parts = row_parts([box(0, 0.5), box(0.5, 1.0), box(1.1, 1.5)])
    qualities = dict.fromkeys(candidates(3), 0.01) | {(0, 1): 0.9, (1, 2): 0.9, (2, 3): 0.9}
    assert best_runs(parts, qualities) == [(0, 1), (1, 2), (2, 3)]
    assert best_runs(parts, qualities, [(0, 1)]) == [(0, 2), (2, 3)]
    assert best_runs(parts, qualities, [(0, 2)]) == [(0, 3)]


def test_a_run_is_one_part() -> None:
    parts = row_parts([box(0, 1, 0, 1), box(2, 3, -1, 0.5)])
    assert run_part(parts, (0, 2)) == Part((0, 1), Box(0, -1, 3, 1))
