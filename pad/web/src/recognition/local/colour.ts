// Coloured pictures in grey: by luminance, or by the colours in which ink and paper differ most, as
// mnist_core/imaging/colour.py, where the constants are explained.

import { boxResize, type Pixels } from "./resample.ts";

const LUMINANCE = [0.299, 0.587, 0.114];
const COLOURED = 16;
const GAIN = 1.3;
const SIDE = 64;
const WINDOW = 31;

type Vector = readonly number[]; // of three numbers
type Matrix = readonly Vector[];

/** An RGB picture's grey values in [0, 1]. */
export function greyOf(rgb: Pixels): Float32Array {
  const { values } = rgb;
  const grey = new Float32Array(rgb.width * rgb.height);
  const direction = directionOf(rgb);
  if (!direction) {
    return grey.map((_, at) =>
      luminance(values[3 * at], values[3 * at + 1], values[3 * at + 2]) / 255);
  }
  const lowest = direction.reduce((sum, part) => sum + Math.min(0, part), 0);
  const span = direction.reduce((sum, part) => sum + Math.abs(part), 0);
  return grey.map((_, at) => {
    const value = (direction[0] * values[3 * at] + direction[1] * values[3 * at + 1]
      + direction[2] * values[3 * at + 2]) / 255;
    return Math.min(1, Math.max(0, (value - lowest) / span));
  });
}

/** A colour's luminance in 0 to 255, as Pillow computes it. */
export function luminance(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** The projection with the most contrast, or null where luminance will do. */
function directionOf(rgb: Pixels): Vector | null {
  const [width, height] = [Math.min(SIDE, rgb.width), Math.min(SIDE, rgb.height)];
  const { values } = boxResize(rgb, width, height);
  if (largestSpread(values) < COLOURED) return null;
  const covariance = covarianceOf(differences(values, width, height));
  const { variance, direction } = principal(covariance);
  const contrast = dot(LUMINANCE, LUMINANCE.map((_, row) => dot(covariance[row], LUMINANCE)));
  // a difference of grey levels has a third of its variance in each channel
  if (variance / 3 <= GAIN ** 2 * contrast) return null;
  return dot(direction, LUMINANCE) >= 0 ? direction : direction.map((part) => -part);
}

function largestSpread(values: Uint8ClampedArray): number {
  let largest = 0;
  for (let at = 0; at < values.length; at += 3) {
    const [red, green, blue] = [values[at], values[at + 1], values[at + 2]];
    largest = Math.max(largest, Math.max(red, green, blue) - Math.min(red, green, blue));
  }
  return largest;
}

/** Each pixel's difference from the mean of the window around it; borders are repeated. */
function differences(values: Uint8ClampedArray, width: number, height: number): Float64Array {
  const rows = windowMeans(Float64Array.from(values), width, height, 3, 3 * width);
  const means = windowMeans(rows, height, width, 3 * width, 3);
  return means.map((mean, at) => values[at] - mean);
}

/** Means along one axis of `length` steps of `stride`, in each of `lines` at `jump`. */
function windowMeans(
  values: Float64Array, length: number, lines: number, stride: number, jump: number,
): Float64Array {
  const size = Math.min(length, WINDOW);
  const before = Math.floor(size / 2);
  const means = new Float64Array(values.length);
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < length; at++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let other = at - before; other < at - before + size; other++) {
          const inside = Math.min(length - 1, Math.max(0, other));
          sum += values[line * jump + inside * stride + channel];
        }
        means[line * jump + at * stride + channel] = sum / size;
      }
    }
  }
  return means;
}

function covarianceOf(values: Float64Array): Matrix {
  const sums = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
  for (let at = 0; at < values.length; at += 3) {
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++) {
        sums[row][column] += values[at + row] * values[at + column];
      }
    }
  }
  return sums;
}

/** The largest eigenvalue of a symmetric matrix and its eigenvector, by Jacobi rotations. */
function principal(matrix: Matrix): { variance: number; direction: Vector } {
  const a = matrix.map((row) => [...row]);
  const vectors = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of [[0, 1], [0, 2], [1, 2]]) {
      if (a[p][q] === 0) continue;
      const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
      const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
      const c = 1 / Math.hypot(t, 1);
      const s = t * c;
      const rotate = (rows: number[][]): void => {
        for (const row of rows) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
      };
      rotate(a);
      for (let column = 0; column < 3; column++) {
        [a[p][column], a[q][column]] =
          [c * a[p][column] - s * a[q][column], s * a[p][column] + c * a[q][column]];
      }
      rotate(vectors);
    }
  }
  const largest = [0, 1, 2].reduce((best, at) => (a[at][at] > a[best][best] ? at : best), 0);
  return { variance: a[largest][largest], direction: vectors.map((row) => row[largest]) };
}

function dot(one: Vector, other: Vector): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}
