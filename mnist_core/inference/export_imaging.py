"""Export of the steps from pictures and ink to canvases, which no model is part of."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from mnist_core.data.allographs import draw_digit
from mnist_core.imaging.digit_row import COUNT, draw_parts, kept_regions
from mnist_core.imaging.grid import Grid, make_grid
from mnist_core.imaging.images import CANVAS_LIMIT, SMALLEST_SIDE
from mnist_core.imaging.ink_parts import grid_size
from mnist_core.imaging.normalize import fit_canvas
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.imaging.regions import Regions
from mnist_core.imaging.segment import Located, find_ink, locate
from mnist_core.inference.imaging_graphs import (
    DRAW_PARTS,
    FIND_INK,
    FIND_PARTS,
    FIT_INK,
    GRAPHS,
    MAKE_FRAME,
    PARTS,
)
from mnist_core.inference.pipeline import make_frame
from mnist_core.inference.torch_steps import fit_ink
from mnist_core.models.onnx_session import check_agreement, open_session, run_session
from mnist_core.models.onnx_trace import check_exporter, trace_module
from mnist_core.utils.notes import Note, no_note

_SIZES = ((280, 280), (200, 150), (40, 333), (8, 9), (512, 384))
_SEED = 0


class InkFinder(nn.Module):
    """`FIND_INK`."""

    def forward(self, grey: Tensor) -> Tensor:
        canvas = fit_canvas(find_ink(grey[None, None]))
        return (255 * canvas.clamp(0, 1)).round().to(torch.uint8)


class PartFinder(nn.Module):
    """`FIND_PARTS`."""

    def forward(self, grey: Tensor, cells: Tensor) -> tuple[Tensor, ...]:
        grid = make_grid(grey[None, None], cells.shape[0])
        located = locate(grid, COUNT)
        kept, sides = kept_regions(grid, located)
        number = located.regions.number
        place = located.paper, located.foreign, located.sign
        return kept, sides, grid.step, located.found, number, *place


class PartDrawer(nn.Module):
    """`DRAW_PARTS`."""

    def forward(
        self,
        grey: Tensor,
        chosen: Tensor,
        sides: Tensor,
        step: Tensor,
        found: Tensor,
        number: Tensor,
        paper: Tensor,
        foreign: Tensor,
        sign: Tensor,
    ) -> Tensor:
        left, top, right, bottom = sides[None].unbind(2)
        # what drawing does not look at
        none = torch.zeros_like(left)
        regions = Regions(number, none, top, left, bottom, right, none, none, none, none)
        located = Located(regions, none, chosen, none, paper, foreign, sign, found, found)
        grid = Grid(paper, foreign, foreign, step, step, step)
        return draw_parts(grey[None, None], grid, located, chosen)[:, 0]


class InkFitter(nn.Module):
    """`FIT_INK`."""

    def forward(self, ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        canvas, centre, sides = fit_ink(ink[:, None])
        return canvas[:, 0], centre, sides


class FrameMaker(nn.Module):
    """`MAKE_FRAME`."""

    def forward(self, canvas: Tensor) -> tuple[Tensor, Tensor]:
        return make_frame(canvas.to(torch.float32) / 255)


class _Traced(NamedTuple):
    """A step, examples of its inputs, and the axes of each that may have another length."""

    module: nn.Module
    examples: tuple[Tensor, ...]
    dynamic: tuple[Mapping[int, Any], ...]


def export_imaging(name: str, note: Note = no_note) -> bytes:
    """Return one of the steps of `imaging_graphs` as an ONNX model, compared with torch.

    `note` is called with a line of text before what takes long.

    Raises
    ------
    MnistCoreError
        If onnx, onnxscript or onnxruntime is not installed, or onnxruntime does not compute what
        torch computes.
    """
    check_exporter()
    module, examples, dynamic = _traced(name)
    names = GRAPHS[name]
    note(f"{name}: tracing torch's operations")
    content = trace_module(
        module,
        examples,
        dynamic,
        names.inputs,
        names.outputs,
        large=name not in (FIT_INK, MAKE_FRAME),
    ).SerializeToString()
    note(f"{name}: comparing the outputs with torch's")
    check_imaging(name, content)
    return content


def check_imaging(name: str, content: bytes) -> None:
    """Raise MnistCoreError if an exported step differs from torch's on generated pictures."""
    module, names, session = _MODULES[name](), GRAPHS[name], open_session(content)
    for inputs in _samples(name):
        feeds = {key: x.numpy() for key, x in zip(names.inputs, inputs, strict=True)}
        found = run_session(session, names.outputs, feeds)
        with torch.inference_mode():
            expected = module(*inputs)
        expected = (expected,) if isinstance(expected, Tensor) else expected
        for output, actual, reference in zip(names.outputs, found, expected, strict=True):
            # a value between two grey levels is rounded up or down
            allowed = 1.0 if actual.dtype == np.uint8 else None
            check_agreement(f"{name}: values of {output}", actual, reference.numpy(), allowed)


_MODULES: dict[str, type[nn.Module]] = {
    FIND_INK: InkFinder,
    FIND_PARTS: PartFinder,
    DRAW_PARTS: PartDrawer,
    FIT_INK: InkFitter,
    MAKE_FRAME: FrameMaker,
}


def _traced(name: str) -> _Traced:
    height, width = (
        torch.export.Dim(side, min=SMALLEST_SIDE, max=CANVAS_LIMIT) for side in ("height", "width")
    )
    picture = {0: height, 1: width}
    module = _MODULES[name]().eval()
    grey, cells = torch.rand(60, 50), torch.zeros(96)
    groups = torch.export.Dim("groups")
    if name == FIND_INK:
        return _Traced(module, (grey,), (picture,))
    if name == FIND_PARTS:
        # the grid is averaged over blocks of four cells
        quarter = torch.export.Dim("quarter", min=5, max=128)
        return _Traced(module, (grey, cells), (picture, {0: 4 * quarter}))
    if name == FIT_INK:
        return _Traced(module, (torch.rand(2, 56, 56),), ({0: groups},))
    if name == MAKE_FRAME:
        canvas = torch.randint(256, (2, 1, 56, 56), dtype=torch.uint8)
        return _Traced(module, (canvas,), ({0: torch.export.Dim("batch")},))
    side = torch.export.Dim("side", min=20, max=512)
    square = {1: side, 2: side}
    shapes = {"number": square, "paper": square, "foreign": square}
    with torch.inference_mode():
        kept, *parts = (part.clone() for part in PartFinder()(grey, cells))
    chosen = torch.stack([kept, ~kept])
    return _Traced(
        module, (grey, chosen, *parts), (picture, {0: groups}, *(shapes.get(p, {}) for p in PARTS))
    )


def sample_pictures() -> list[Tensor]:
    """Return grey pictures float32 (H, W) in [0, 1] of two digits, dark or light."""
    rng = np.random.default_rng(_SEED)
    pictures = []
    for number, (height, width) in enumerate(_SIZES):
        one, other = (draw_digit(rng, digit) for digit in (number, number + 5))
        ink = draw_strokes([one, other])
        both = torch.cat([ink[0], ink[1]], 2)[None]
        side = min(height, width // 2)
        scaled = nn.functional.interpolate(both, size=(side, 2 * side), mode="bilinear")[0, 0]
        picture = torch.zeros(height, width)
        picture[-side:, -2 * side :] = scaled
        paper, pen = rng.permutation([rng.uniform(0, 0.3), rng.uniform(0.6, 1)])
        pictures.append((paper + (pen - paper) * picture).to(torch.float32))
    return pictures


def _samples(name: str) -> Iterator[tuple[Tensor, ...]]:
    """Return inputs with which a step is compared."""
    if name == FIT_INK:
        ink = draw_strokes([draw_digit(np.random.default_rng(_SEED), 5)] * 3)[:, 0].clone()
        ink[1, :, 30:] = 0
        ink[2] = 0
        yield (ink,)
        return
    if name == MAKE_FRAME:
        rng = np.random.default_rng(_SEED)
        ink = draw_strokes([draw_digit(rng, digit) for digit in range(10)])
        yield (
            torch.cat(
                [(255 * ink).round().to(torch.uint8), torch.zeros_like(ink[:1], dtype=torch.uint8)]
            ),
        )
        return
    if name == FIND_INK:
        yield (torch.full((90, 120), 0.4),)
    for grey in sample_pictures():
        if name == FIND_INK:
            yield (grey,)
            continue
        cells = torch.zeros(grid_size(*grey.shape))
        if name == FIND_PARTS:
            yield grey, cells
            continue
        with torch.inference_mode():
            kept, *parts = PartFinder()(grey, cells)
        first = kept & (kept.cumsum(0) == 1)
        yield grey, torch.stack([kept, first, kept & ~first]), *parts
