// Connected components of the ink on a canvas, as `_components` in mnist_core/inference/rows.py.

import type { Box } from "../../drawing/drawing.ts";
import { SIDE, type Canvas } from "./canvases.ts";
import { heightOf, rowHeight, widthOf } from "./grouping.ts";

const INKED = Math.fround(0.3);
const SPECK = 0.12;

export interface Components {
  /** the number of each pixel's component, 0 for none */
  readonly labels: Int32Array;
  /** of those that are no specks */
  readonly numbers: readonly number[];
  readonly boxes: readonly Box[];
}

export function componentsOf(ink: Canvas): Components {
  const inner = labelled(ink);
  // the soft edge belongs to the component next to it
  const labels = inner.map((label, at) => {
    if (ink[at] <= 0) return 0;
    return label || Math.max(...neighbours(at).map((other) => inner[other]));
  });
  const boxes = boxesOf(labels);
  const all = [...boxes.keys()].sort((one, other) => one - other);
  const height = rowHeight([...boxes.values()]);
  const numbers = all.filter((number) => {
    const box = boxes.get(number)!;
    return Math.max(widthOf(box), heightOf(box)) >= SPECK * height;
  });
  return { labels, numbers, boxes: numbers.map((number) => boxes.get(number)!) };
}

/** Number the components of pixels with enough ink, in the order of their first pixels. */
function labelled(ink: Canvas): Int32Array {
  const labels = new Int32Array(ink.length);
  let count = 0;
  for (let start = 0; start < ink.length; start++) {
    if (labels[start] || ink[start] <= INKED) continue;
    labels[start] = ++count;
    const open = [start];
    while (open.length) {
      for (const at of neighbours(open.pop()!)) {
        if (labels[at] || ink[at] <= INKED) continue;
        labels[at] = count;
        open.push(at);
      }
    }
  }
  return labels;
}

/** The pixels around one on the canvas, of eight at most. */
function neighbours(at: number): number[] {
  const [row, column] = [Math.floor(at / SIDE), at % SIDE];
  const found: number[] = [];
  for (let y = Math.max(0, row - 1); y <= Math.min(SIDE - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(SIDE - 1, column + 1); x++) {
      if (y !== row || x !== column) found.push(y * SIDE + x);
    }
  }
  return found;
}

function boxesOf(labels: Int32Array): Map<number, Box> {
  const boxes = new Map<number, Box>();
  labels.forEach((label, at) => {
    if (!label) return;
    const [y, x] = [Math.floor(at / SIDE), at % SIDE];
    const [left, top, right, bottom] = boxes.get(label) ?? [x, y, x + 1, y + 1];
    boxes.set(label, [
      Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1),
    ]);
  });
  return boxes;
}
