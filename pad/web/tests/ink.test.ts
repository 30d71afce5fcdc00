import assert from "node:assert/strict";
import { test } from "node:test";
import { inkStrokes } from "../src/recognition/ink.ts";

const FORMAT = { size: 56, box: 40, pen: 4 };

/** Rows and columns that have ink. */
function extentOf(ink: Uint8Array) {
  const at = [...ink.keys()].filter((i) => ink[i] > 0);
  const columns = at.map((i) => i % FORMAT.size);
  const rows = at.map((i) => Math.floor(i / FORMAT.size));
  return [Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)];
}

test("nothing to see without extent", () => {
  assert.equal(inkStrokes([], FORMAT), null);
  assert.equal(inkStrokes([[5, 5]], FORMAT), null);
  assert.equal(inkStrokes([[5, 5, 5, 5]], FORMAT), null);
});

test("a drawing is centred and fills the box, whatever its size", () => {
  for (const scale of [0.01, 1, 1000]) {
    const ink = inkStrokes([[10, 20, 110, 20].map((value) => value * scale)], FORMAT)!;
    assert.equal(ink.length, 56 * 56);
    // 40 pixels with the pen: columns 8 to 47, four rows around the middle
    assert.deepEqual(extentOf(ink), [8, 47, 26, 29]);
    assert.equal(ink[27 * 56 + 28], 255);
  }
});

test("position does not matter", () => {
  const stroke = [0, 0, 64, 16, 32, 128];
  const moved = stroke.map((value, i) => value + (i % 2 ? 512 : 256));
  assert.deepEqual(inkStrokes([moved], FORMAT), inkStrokes([stroke], FORMAT));
});

test("crossing strokes do not add up", () => {
  const cross = inkStrokes([[0, 50, 100, 50], [50, 0, 50, 100]], FORMAT)!;
  assert.equal(Math.max(...cross), 255);
  const twice = inkStrokes([[0, 50, 100, 50], [0, 50, 100, 50]], FORMAT);
  assert.deepEqual(twice, inkStrokes([[0, 50, 100, 50]], FORMAT));
});

test("a dot beside a stroke has ink", () => {
  const ink = inkStrokes([[0, 0, 0, 100], [100, 50]], FORMAT)!;
  assert.equal(extentOf(ink)[1], 47);
});
