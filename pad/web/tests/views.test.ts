import assert from "node:assert/strict";
import { test } from "node:test";
import { modelLabel } from "../src/recognition/model.ts";
import { modelSentence } from "../src/ui/model_texts.ts";
import type { Text } from "../src/ui/texts.ts";
import { mixColours, readableOn } from "../src/views/colour.ts";
import { decimal } from "../src/views/decimal.ts";
import { kernelPicture } from "../src/views/kernel_picture.ts";
import { isNegligible, percentage } from "../src/views/probability.ts";
import { picturePlace, strokesPlace } from "../src/views/row_place.ts";

/** #rrggbb of a pixel; image data has red in the lowest byte. */
function hexOf(pixel: number): string {
  assert.equal(pixel >>> 24, 255);
  return [0, 8, 16].map((at) => ((pixel >>> at) & 255).toString(16).padStart(2, "0")).join("");
}

test("a colour scale goes through its stops", () => {
  const scale = mixColours([" #000000", "#ff8000", "#ffffff"]);
  assert.equal(scale.length, 256);
  assert.equal(hexOf(scale[0]), "000000");
  assert.equal(hexOf(scale[51]), "663300");
  assert.equal(hexOf(scale[255]), "ffffff");
});

test("a kernel of one channel is shown as it is", () => {
  const { greys, width, height } = kernelPicture({ shape: [1, 2, 3], weights: [0, 1, -1, 0.5, 0, 0] });
  assert.deepEqual([width, height], [3, 2]);
  assert.deepEqual([...greys], [128, 255, 0, 191, 128, 128]);
});

test("channels are tiles in a square, one pixel apart", () => {
  const { greys, width, height } = kernelPicture({ shape: [3, 1, 1], weights: [1, -1, 1] });
  assert.deepEqual([width, height], [3, 3]);
  assert.deepEqual([...greys], [255, 128, 0, 128, 128, 128, 255, 128, 128]);
});

test("a kernel of zeros is grey", () => {
  assert.deepEqual([...kernelPicture({ shape: [1, 1, 2], weights: [0, 0] }).greys], [128, 128]);
});

test("boxes have a margin, on strokes and on a picture that is painted in the middle", () => {
  assert.deepEqual(strokesPlace([20, 30, 40, 50]), [10, 20, 50, 60]);
  const place = picturePlace([560, 280]);
  assert.deepEqual(place([0, 0, 560, 280]), [-3, 67, 283, 213]);
});

test("no percentage claims certainty", () => {
  assert.deepEqual([1, 0.9995, 0.9994, 0.5, 0.0006, 0.0004, 0].map(percentage),
    [">99.9%", ">99.9%", "99.9%", "50.0%", "0.1%", "<0.1%", "<0.1%"]);
  assert.deepEqual([0, 0.0004, 0.0006].map(isNegligible), [true, true, false]);
});

test("numbers have a minus sign, and 0 has none", () => {
  assert.deepEqual([-0.41, -0.004, 0, 2.345].map((value) => decimal(value, 2)),
    ["−0.41", "0.00", "0.00", "2.35"]);
});

test("a model's label has what is known of it", () => {
  const card = { accuracy: 0.99589, architecture: "improved", has_teacher: false, bytes: 3_491_472 };
  assert.equal(modelLabel("default", card), "default · 99.59% · 3.5 MB");
  assert.equal(modelLabel("mine", { ...card, accuracy: null, bytes: 88_752 }), "mine · 89 kB");
  assert.equal(modelLabel("damaged", undefined), "damaged");
});

test("only a model with a teacher is said to be distilled", () => {
  const sentence = "six convolutions in three blocks.";
  const text: Text = (key, values) => ({
    about_vgg: sentence, about_distilled: `${String(values?.sentence)} Distilled.`,
  })[key] ?? key;
  const card = { accuracy: null, architecture: "vgg", has_teacher: false, bytes: 1 };
  assert.equal(modelSentence(card, text), sentence);
  assert.equal(modelSentence({ ...card, has_teacher: true }, text), `${sentence} Distilled.`);
  assert.equal(modelSentence({ ...card, architecture: "mine", has_teacher: true }, text), "mine");
});

test("text is black or white, by its contrast", () => {
  assert.equal(readableOn(255, 255, 255), "#000");
  assert.equal(readableOn(0, 0, 0), "#fff");
  assert.equal(readableOn(94, 135, 187), "#000");
  assert.equal(readableOn(178, 104, 63), "#000");
  assert.equal(readableOn(47, 102, 173), "#fff");
});
