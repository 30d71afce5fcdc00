import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stroke } from "../src/drawing/drawing.ts";
import {
  apply, counterfactual, possibleChanges, type Classify,
} from "../src/recognition/counterfactual.ts";
import {
  canvasOf, evidence, inkPlaces, logOdds, withoutPlace,
} from "../src/recognition/occlusion.ts";
import { attributionText } from "../src/views/explanation_text.ts";

const INK = { size: 56, box: 40, pen: 4 };
const LINE: Stroke = { points: [100, 50, 100, 200], width: 16 };
const BAR: Stroke = { points: [50, 50, 100, 50], width: 16 };

test("places are a fixed length apart on the ink, and not too many", () => {
  const places = inkPlaces([LINE, BAR], 10);
  assert.equal(places.length, 16 + 6);
  assert.deepEqual(places[3], { x: 100, y: 80, stroke: 0 });
  assert.deepEqual(places[16], { x: 50, y: 50, stroke: 1 });
  const scribble = { points: Array.from({ length: 400 }, (_, i) => (i * 97) % 280), width: 16 };
  assert.ok(inkPlaces([scribble]).length <= 90);
  assert.deepEqual(inkPlaces([{ points: [7, 8], width: 16 }]), [{ x: 7, y: 8, stroke: 0 }]);
});

test("places follow bends", () => {
  const places = inkPlaces([{ points: [0, 0, 5, 0, 5, 100], width: 16 }], 10);
  assert.deepEqual(places.slice(0, 3).map(({ x, y }) => [x, y]), [[0, 0], [5, 5], [5, 15]]);
});

test("without a place, the ink there is gone", () => {
  const left = withoutPlace([LINE, BAR], { x: 100, y: 150, stroke: 0 }, 12);
  assert.equal(left.length, 3);
  const points = left.flatMap((stroke) => stroke.points.filter((_, i) => i % 2 === 1));
  assert.ok(points.every((y) => Math.abs(y - 150) >= 20));
});

test("where nothing is left, the canvas is blank", () => {
  assert.ok(canvasOf([], INK).every((grey) => grey === 0));
  assert.ok(canvasOf([LINE], INK).some((grey) => grey === 255));
});

test("evidence is what the probability loses, also near certainty", () => {
  assert.ok(evidence(0.9, 0.5) > 0);
  assert.ok(evidence(0.5, 0.9) < 0);
  assert.equal(evidence(1, 1), 0);
  assert.ok(Number.isFinite(logOdds(0)) && Number.isFinite(logOdds(1)));
  assert.ok(evidence(0.9999, 0.99) > evidence(0.55, 0.5));
});

test("changes are lines to add and pieces to remove, not more than a batch or three", () => {
  const changes = possibleChanges([LINE, BAR]);
  assert.ok(changes.length <= 160);
  assert.ok(changes.some(({ kind }) => kind === "add"));
  const removal = changes.find(({ kind }) => kind === "remove")!;
  assert.notDeepEqual(apply([LINE, BAR], removal), [LINE, BAR]);
});

/** A seven is what has two strokes, an eight what has three; the fewer the less likely. */
const byCount: Classify = async (drawings) => drawings.map(({ length }) => ({
  probabilities: Array.from({ length: 10 }, (_, digit) => (digit === length + 5 ? 0.6 : digit / 100)),
  digitScore: 1,
}));

test("the search adds what makes it the digit", async () => {
  const found = await counterfactual([LINE], 7, byCount);
  assert.ok(found?.isReached);
  assert.equal(found.changes.length, 1);
  assert.equal(found.probability, 0.6);
  assert.equal(found.strokes.length, 2);
});

test("the most probable of many that are about as probable is no reading", async () => {
  const guess: Classify = async (drawings) => drawings.map(() => ({
    probabilities: Array.from({ length: 10 }, (_, digit) => (digit === 9 ? 0.145 : 0.095)),
    digitScore: 1,
  }));
  const found = await counterfactual([LINE], 9, guess);
  assert.equal(found?.isReached, false);
  assert.equal(found?.probability, 0.145);
});

test("what is refused as no digit is not read as one", async () => {
  const refused: Classify = async (drawings) =>
    (await byCount(drawings))?.map((one) => ({ ...one, digitScore: 0.4 }));
  const found = await counterfactual([LINE], 7, refused);
  assert.equal(found?.isReached, false);
  assert.ok(Math.abs(found!.probability - 0.24) < 1e-9);
});

/** Probabilities of 4 and of 9; the rest is that of 0. */
const likely = (four: number, nine = 0) =>
  [1 - four - nine, 0, 0, 0, four, 0, 0, 0, 0, nine];

test("attribution in words says what is true of the digit", () => {
  const words = (digit: number, before: number[], after: number[][], isDigit = true) =>
    attributionText(digit, before, after, isDigit);
  const sure = likely(0.9, 0.1);
  assert.deepEqual(words(4, sure, [likely(0.2, 0.8), sure]), [
    "attribution_decides", { digit: 4, other: 9, percent: "80.0%" }]);
  assert.equal(words(4, sure, [likely(0.8)])[0], "attribution_stays");
  assert.equal(words(4, sure, [likely(0.3, 0.4)])[0], "attribution_low");
  const [against, { highest }] = words(9, sure, [likely(0.2, 0.8), sure]);
  assert.deepEqual([against, highest], ["attribution_against", "80.0%"]);
  assert.equal(words(9, sure, [likely(0.9, 0.05)])[0], "attribution_low");
  assert.equal(words(9, likely(1), [likely(1), likely(1)])[0], "attribution_none");
  assert.equal(words(9, likely(1), [likely(1), likely(0.9, 0.1)])[0], "attribution_against");
  const [refused, { lowest }] = words(4, sure, [likely(0.2, 0.8), sure], false);
  assert.deepEqual([refused, lowest], ["attribution_refused", "20.0%"]);
  assert.equal(words(9, likely(1), [likely(1)], false)[0], "attribution_none");
});

test("a search without success ends, and one without answers has no result", async () => {
  const found = await counterfactual([LINE], 0, byCount);
  assert.equal(found?.isReached, false);
  assert.deepEqual(found?.changes, []);
  assert.equal(await counterfactual([LINE], 0, async () => undefined), undefined);
});
