// Reading a row of digits, as mnist_core/inference/rows.py, where the constants are explained.

import type { Box, Points } from "../../drawing/drawing.ts";
import { inkStrokes, type InkFormat } from "../ink.ts";
import { canvasOf, PIXELS, type Canvas } from "./canvases.ts";
import { componentsOf } from "./components.ts";
import {
  bestRuns, candidates, heightOf, rowHeight, rowParts, runPart, widthOf, type Part,
} from "./grouping.ts";
import type { FitInk, PictureParts } from "./imaging.ts";
import type { Classify } from "./model.ts";
import { isDigit, type Scored } from "./prediction.ts";
import { gapsOf, TOUCH, type Gap } from "./stroke_gaps.ts";

const LEAST_SCORE = 0.8;
const LEAST_QUALITY = 1e-4;
const NEIGHBOUR_ODDS = 10;
const SMALLEST_DIGIT = 0.4;

export interface ReadDigit {
  /** in the strokes' unit, or in pixels of the picture */
  readonly box: Box;
  readonly prediction: Scored;
  readonly ink: Canvas;
  /** indices of its strokes in the drawing; of a picture or canvas those of its parts */
  readonly strokes: readonly number[];
}

type Draw = (groups: readonly Part[]) => Promise<Canvas[]>;

/** Read a row of digits drawn with a pen. */
export async function readStrokeRow(
  strokes: readonly Points[], format: InkFormat, classify: Classify,
): Promise<ReadDigit[]> {
  const parts = rowParts(strokes.map(boxOf));
  const draw: Draw = async (groups) => groups.map(({ indices }) => {
    const ink = inkStrokes(indices.map((index) => strokes[index]), format);
    return ink ? canvasOf(ink) : new Float32Array(PIXELS);
  });
  return withoutPunctuation(await readParts(parts, draw, classify, gapsOf(parts, strokes)));
}

/** Read a row of digits of a picture's parts; boxes in pixels of its grey image. */
export async function readPictureRow(
  picture: PictureParts, classify: Classify,
): Promise<ReadDigit[]> {
  const draw: Draw = (groups) => picture.inks(groups.map(({ indices }) => indices));
  return withoutPunctuation(await readParts(rowParts(picture.boxes), draw, classify, []));
}

/** Read a row of digits in a canvas; boxes in its pixels. */
export async function readInkRow(
  ink: Canvas, classify: Classify, fit: FitInk,
): Promise<ReadDigit[]> {
  const { labels, boxes, numbers } = componentsOf(ink);
  const draw: Draw = async (groups) => {
    const masked = groups.map(({ indices }) => {
      const shown = new Set(indices.map((index) => numbers[index]));
      return ink.map((value, at) => (shown.has(labels[at]) ? value : 0));
    });
    return (await fit(masked)).map(({ canvas }) => canvas);
  };
  return readParts(rowParts(boxes), draw, classify, []);
}

/** The number of parts of a row of digits in a canvas. */
export function countInkParts(ink: Canvas): number {
  return rowParts(componentsOf(ink).boxes).length;
}

/** The digits of a row, if most of it are digits: of other drawings only a few parts look so. */
export function onlyRows(row: ReadDigit[]): ReadDigit[] {
  const accepted = row.filter(({ prediction }) => isDigit(prediction)).length;
  return row.length > 1 && accepted > row.length / 2 ? row : [];
}

/** A row without commas and stray marks: what is small beside the digits. */
function withoutPunctuation(row: ReadDigit[]): ReadDigit[] {
  const height = rowHeight(row.map(({ box }) => box));
  return row.filter(({ box }) => Math.max(widthOf(box), heightOf(box)) >= SMALLEST_DIGIT * height);
}

function boxOf(points: Points): Box {
  const [x, y] = [points.filter((_, at) => at % 2 === 0), points.filter((_, at) => at % 2 === 1)];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

async function readParts(
  parts: readonly Part[], draw: Draw, classify: Classify, gaps: readonly Gap[],
): Promise<ReadDigit[]> {
  if (!parts.length) return [];
  const runs = candidates(parts.length);
  const groups = runs.map((run) => runPart(parts, run));
  const canvases = await draw(groups);
  const predictions = await classify(canvases);
  const qualities = predictions.map(quality);
  const touching = gaps.filter(({ distance }) => distance < TOUCH).map(({ pair }) => pair);
  let chosen = bestRuns(parts, runs, qualities, touching);
  // a K is no 1 beside something else
  const others = chosen.filter((index) => predictions[index].digitScore < LEAST_SCORE);
  const inside = (part: number, index: number): boolean =>
    runs[index].first <= part && part < runs[index].end;
  const cut = gaps.map(({ pair }) => pair).filter(([left, right]) =>
    others.some((index) => inside(left, index) !== inside(right, index)));
  if (cut.length) chosen = bestRuns(parts, runs, qualities, [...touching, ...cut]);
  return withNeighbours(chosen.filter((index) => !predictions[index].blank).map((index) => ({
    box: groups[index].box,
    prediction: predictions[index],
    ink: canvases[index],
    strokes: groups[index].indices,
  })));
}

function quality({ blank, digitScore, confidence }: Scored): number {
  return blank ? LEAST_QUALITY : Math.max(LEAST_QUALITY, digitScore * confidence);
}

/** Raise the digit score of drawings next to a digit. */
function withNeighbours(row: readonly ReadDigit[]): ReadDigit[] {
  const accepted = row.map(({ prediction }) => isDigit(prediction));
  return row.map((digit, index) => {
    if (!accepted.some((one, other) => one && other !== index)) return digit;
    const { prediction } = digit;
    const odds = NEIGHBOUR_ODDS * prediction.digitScore;
    const digitScore = odds / (odds + 1 - prediction.digitScore);
    return { ...digit, prediction: { ...prediction, digitScore } };
  });
}
