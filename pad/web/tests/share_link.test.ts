import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stroke } from "../src/drawing/drawing.ts";
import {
  decodeStrokes, encodeStrokes, LinkError, sharedCode, shareUrl,
} from "../src/drawing/share_link.ts";

const STROKES: Stroke[] = [
  { points: [10, 20, 100.5, 30, 90, 280], width: 16 },
  { points: [0, 0], width: 24 },
];

function problemOf(text: string): string {
  try {
    decodeStrokes(text);
  } catch (error) {
    assert.ok(error instanceof LinkError, String(error));
    return error.problem;
  }
  return "none";
}

test("strokes survive", () => {
  assert.deepEqual(decodeStrokes(encodeStrokes(STROKES)!), STROKES);
});

test("a link is short, and its letters need no escapes", () => {
  const points = Array.from({ length: 800 }, (_, i) => 140 + 120 * Math.sin(i / 100 + (i % 2)));
  const text = encodeStrokes([{ points, width: 16 }])!;
  assert.match(text, /^1\.[\w-]+$/);
  assert.ok(text.length < 1000, String(text.length));
  const [{ points: decoded }] = decodeStrokes(text);
  const last = decoded.slice(-2).map((value, i) => Math.abs(value - points[798 + i]));
  assert.ok(Math.max(...last) <= 0.25);
});

test("positions outside of the drawing area are moved to its edge", () => {
  const text = encodeStrokes([{ points: [-5, 500], width: 0 }])!;
  assert.deepEqual(decodeStrokes(text), [{ points: [0, 280], width: 1 }]);
});

test("what is too long has no link", () => {
  const zigzag = Array.from({ length: 8000 }, (_, i) => (i % 4) * 50);
  assert.equal(encodeStrokes([{ points: zigzag, width: 16 }]), null);
  assert.equal(encodeStrokes(Array.from({ length: 101 }, () => STROKES[1])), null);
});

test("every cut and every changed letter is noticed", () => {
  const text = encodeStrokes(STROKES)!;
  for (let i = 0; i < text.length; i++) {
    assert.equal(problemOf(text.slice(0, i)), "damaged", `cut at ${i}`);
  }
  for (let i = 2; i < text.length - 1; i++) {
    const other = text[i] === "A" ? "B" : "A";
    assert.equal(problemOf(text.slice(0, i) + other + text.slice(i + 1)), "damaged", `letter ${i}`);
  }
});

test("nonsense is damaged, and a later version is told apart", () => {
  for (const text of ["", ".", "1", "1.", "x.AAAA", "1.AAAA", "1.A A", "1.A.B", `1.${"A".repeat(40_000)}`]) {
    assert.equal(problemOf(text), "damaged", text.slice(0, 20));
  }
  assert.equal(problemOf("2.AAAA"), "newer");
});

test("the drawing is the address's fragment", () => {
  assert.equal(shareUrl("https://host.example/pad/?a=1#old", "1.AB"), "https://host.example/pad/?a=1#d=1.AB");
  assert.equal(sharedCode("#d=1.AB"), "1.AB");
  assert.equal(sharedCode("#other"), null);
  assert.equal(sharedCode(""), null);
});
