import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY, extended, isEmpty, withStroke } from "../src/drawing/drawing.ts";
import { drawingOf, PICTURE } from "./drawings.ts";

test("a drawing is empty without strokes and picture", () => {
  assert.ok(isEmpty(EMPTY));
  assert.ok(!isEmpty(drawingOf([1, 2])));
  assert.ok(!isEmpty(PICTURE));
});

test("a stroke is added, the drawing before stays as it was", () => {
  const before = drawingOf([1, 2, 3, 4]);
  const after = withStroke(before, [5, 6], 24);
  assert.deepEqual(after.strokes, [{ points: [1, 2, 3, 4], width: 16 }, { points: [5, 6], width: 24 }]);
  assert.equal(before.strokes.length, 1);
});

test("a stroke on a picture starts a new drawing", () => {
  const after = withStroke(PICTURE, [5, 6], 24);
  assert.deepEqual(after, { strokes: [{ points: [5, 6], width: 24 }], picture: null });
});

test("only the last stroke gets longer", () => {
  const before = drawingOf([1, 2], [3, 4]);
  const after = extended(before, [5, 6, 7, 8]);
  assert.deepEqual(after.strokes.map(({ points }) => points), [[1, 2], [3, 4, 5, 6, 7, 8]]);
  assert.deepEqual(before, drawingOf([1, 2], [3, 4]));
});
