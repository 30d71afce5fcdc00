// Answers what a drawing is, with a model's graph: as `classify_ink` and `classify_picture` of
// pad/functions.py.

import type { Points } from "../../drawing/drawing.ts";
import type { InkFormat } from "../ink.ts";
import type { Reading } from "../recognizer.ts";
import { canvasOf, type Canvas } from "./canvases.ts";
import type { GreyImage } from "./grey.ts";
import type { Imaging, PictureParts } from "./imaging.ts";
import { greysOf, type Classify, type Model, type WithMaps } from "./model.ts";
import { areDots, areFewDots } from "./dots.ts";
import { closeCall, isDigit, isDigitScore, type Scored } from "./prediction.ts";
import { explainRefusal } from "./refusal.ts";
import { onlyRows, readPictureRow, readStrokeRow, type ReadDigit } from "./rows.ts";

export interface ReadOptions {
  /** stages whose feature maps are wanted */
  readonly layers: readonly string[];
  /** the digit of a row to look at; null: the newest */
  readonly digit: number | null;
}

export interface ReadContext {
  /** is given a reading whose refusal is not explained yet */
  interim(reading: Reading): void;
  /** awaited between steps; if it rejects, the rest is not computed */
  pause(): Promise<void>;
  /** as pause, but only after a moment in which nothing else was asked: the pen rests */
  rest(): Promise<void>;
}

export class Reader {
  readonly #model: Model;
  readonly #imaging: Imaging;
  readonly #refuses: boolean;

  /** @param refuses whether the model can refuse a drawing */
  constructor(model: Model, imaging: Imaging, refuses: boolean) {
    this.#model = model;
    this.#imaging = imaging;
    this.#refuses = refuses;
  }

  /** @param strokes at least two if the drawing may be a row of digits */
  async readInk(
    ink: Uint8Array, strokes: readonly Points[], format: InkFormat,
    options: ReadOptions, context: ReadContext,
  ): Promise<Reading> {
    const canvas = canvasOf(ink);
    const found = await this.#model.classifyWithMaps(canvas, options.layers);
    const { blank, digitScore } = found.prediction;
    const few = areFewDots(strokes);
    if (!blank && (few || (isRefused(found.prediction) && areDots(strokes)))) {
      const prediction: Scored = {
        ...found.prediction, digitScore: few ? 0 : digitScore, reason: "not a digit",
      };
      return this.#explained({ ...found, prediction }, canvas, context, null, null);
    }
    const classify = this.#classify(context);
    if (isRefused(found.prediction) && strokes.length > 1) {
      const row = onlyRows(await readStrokeRow(strokes, format, classify));
      if (row.length) return this.#readRow(row, options, context);
    }
    return this.#explained(found, canvas, context, null, null);
  }

  /** @param size of the picture, in whose pixels the boxes of a row are */
  async readPicture(
    picture: GreyImage, size: readonly [number, number],
    options: ReadOptions, context: ReadContext,
  ): Promise<Reading> {
    const canvas = await this.#imaging.findInk(picture);
    const found = await this.#model.classifyWithMaps(canvas, options.layers);
    const { blank } = found.prediction;
    const looks = !blank && (this.#refuses || isRefused(found.prediction));
    const parts = looks ? await this.#imaging.findParts(picture) : null;
    const classify = this.#classify(context);
    const prediction = await this.#lookBeside(found.prediction, parts, classify);
    if (isRefused(prediction) && parts) {
      const scale = [size[0] / picture.width, size[1] / picture.height];
      const row = onlyRows(await readPictureRow(parts, classify)).map((digit): ReadDigit => {
        const [left, top, right, bottom] = digit.box;
        const [x, y] = scale;
        return { ...digit, box: [left * x, top * y, right * x, bottom * y], strokes: [] };
      });
      if (row.length) return this.#readRow(row, options, context, size);
    }
    return this.#explained({ ...found, prediction }, canvas, context, null, size);
  }

  #classify(context: ReadContext): Classify {
    return (canvases) => this.#model.classify(canvases, context.pause);
  }

  /** Refuse a picture's digit if there is another one: the ink is that of one of them. */
  async #lookBeside(
    prediction: Scored, parts: PictureParts | null, classify: Classify,
  ): Promise<Scored> {
    if (!isDigit(prediction) || !parts || parts.boxes.length < 2) return prediction;
    const scores = (await readPictureRow(parts, classify))
      .map((digit) => digit.prediction.digitScore).sort((one, other) => other - one);
    if (scores.length < 2) return prediction;
    const digitScore = prediction.digitScore * (1 - scores[1]);
    if (isDigitScore(digitScore)) return prediction;
    return { ...prediction, digitScore, reason: "several digits" };
  }

  async #readRow(
    row: readonly ReadDigit[], { layers, digit }: ReadOptions, context: ReadContext,
    size: readonly [number, number] | null = null,
  ): Promise<Reading> {
    const last = row.map(({ strokes }) => Math.max(-1, ...strokes));
    const newest = last.indexOf(Math.max(...last));
    const lookedAt = digit === null ? newest : Math.min(digit, row.length - 1);
    const { ink, prediction } = row[lookedAt];
    const found = await this.#model.classifyWithMaps(ink, layers);
    const digits = row.map((one) => ({
      digit: one.prediction.digit, isDigit: isDigit(one.prediction), box: rounded(one.box),
    }));
    return this.#explained({ ...found, prediction }, ink, context, { lookedAt, digits }, size);
  }

  async #explained(
    found: WithMaps, canvas: Canvas, context: ReadContext,
    row: Reading["row"], size: Reading["size"],
  ): Promise<Reading> {
    const reading = (prediction: Scored): Reading => ({
      prediction: {
        digit: prediction.digit,
        isDigit: isDigit(prediction),
        reason: prediction.reason,
        close: closeCall(prediction),
        blank: prediction.blank,
        probabilities: [...prediction.probabilities],
      },
      frame: greysOf(prediction.frame, 1),
      maps: found.maps,
      hidden: found.hidden,
      row,
      size,
    });
    const { prediction } = found;
    if (prediction.reason) return reading(prediction);
    if (isRefused(prediction)) {
      context.interim(reading({ ...prediction, reason: "not a digit" }));
      await context.rest();
    }
    const { fit } = this.#imaging;
    return reading(await explainRefusal(prediction, canvas, this.#classify(context), fit));
  }
}

function isRefused(prediction: Scored): boolean {
  return !prediction.blank && !isDigit(prediction);
}

function rounded(box: ReadDigit["box"]): ReadDigit["box"] {
  const [left, top, right, bottom] = box.map((side) => Math.round(10 * side) / 10);
  return [left, top, right, bottom];
}
