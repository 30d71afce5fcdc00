import assert from "node:assert/strict";
import { test } from "node:test";
import { erased } from "../src/drawing/eraser.ts";
import { drawingOf } from "./drawings.ts";

test("a stroke that is crossed becomes two", () => {
  const { strokes } = erased(drawingOf([0, 100, 200, 100]), 100, 0, 100, 200, 10);
  assert.equal(strokes.length, 2);
  const [left, right] = strokes.map(({ points }) => points.filter((_, i) => i % 2 === 0));
  // what is left is farther away than the eraser's radius and half of the pen's width
  assert.ok(left.every((x) => x <= 82) && right.every((x) => x >= 118));
  assert.ok(Math.max(...left) > 75 && Math.min(...right) < 125);
});

test("a fast eraser leaves no gap between its positions", () => {
  const crossing = drawingOf([50, 0, 50, 200], [150, 0, 150, 200]);
  assert.equal(erased(crossing, 0, 100, 200, 100, 10).strokes.length, 4);
});

test("a stroke that is not touched stays the same object", () => {
  const drawing = drawingOf([0, 0, 50, 0], [0, 200, 50, 200]);
  const after = erased(drawing, 0, 200, 50, 200, 10);
  assert.deepEqual(after.strokes, [drawing.strokes[0]]);
  assert.equal(after.strokes[0], drawing.strokes[0]);
});

test("a dot is erased whole", () => {
  assert.deepEqual(erased(drawingOf([100, 100]), 110, 100, 110, 100, 10).strokes, []);
  assert.equal(erased(drawingOf([100, 100]), 150, 100, 150, 100, 10).strokes.length, 1);
});
