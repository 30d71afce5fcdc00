// Decoded pictures in grey, as mnist_core/imaging/images.py.

import { greyOf, luminance } from "./colour.ts";
import { boxResize, type Pixels } from "./resample.ts";

const SMALLEST_SIDE = 8;
const LONGEST_SIDE = 512;

/** height x width floats in [0, 1], row by row. */
export interface GreyImage {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** What is wrong with a picture, to be shown. */
export class PictureError extends Error {}

/**
 * A picture in grey, its longest side at most 512 pixels. The background of transparent pictures is
 * black or white, whichever contrasts more with the rest.
 * @param rgba four bytes a pixel, not premultiplied
 */
export function greyImage(rgba: Uint8ClampedArray, width: number, height: number): GreyImage {
  if (Math.min(width, height) < SMALLEST_SIDE) {
    throw new PictureError(`the picture is ${width} x ${height} pixels; sides from `
      + `${SMALLEST_SIDE} can be read, so scale it up`);
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const size = [width, height].map((side) =>
    (scale < 1 ? Math.max(1, Math.round(side * scale)) : side));
  const rgb = isOpaque(rgba)
    ? reduced(withoutAlpha(rgba, width, height), size, 2)
    : composited(premultipliedReduced({ values: rgba, channels: 4, width, height }, size));
  return { values: greyOf(rgb), width: rgb.width, height: rgb.height };
}

function isOpaque(rgba: Uint8ClampedArray): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}

function withoutAlpha(rgba: Uint8ClampedArray, width: number, height: number): Pixels {
  const values = new Uint8ClampedArray(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    values[to] = rgba[from];
    values[to + 1] = rgba[from + 1];
    values[to + 2] = rgba[from + 2];
  }
  return { values, channels: 3, width, height };
}

function reduced(pixels: Pixels, [width, height]: readonly number[], gap = 0): Pixels {
  if (width === pixels.width && height === pixels.height) return pixels;
  return boxResize(pixels, width, height, gap);
}

/** Colours are averaged by their alpha, so that those of transparent pixels do not count. */
function premultipliedReduced(pixels: Pixels, size: readonly number[]): Pixels {
  if (size[0] === pixels.width && size[1] === pixels.height) return pixels;
  const scaled = (by: (value: number, alpha: number) => number, { values, ...rest }: Pixels) => ({
    ...rest,
    values: values.map((value, at) => (at % 4 === 3 ? value : by(value, values[at | 3]))),
  });
  const small = reduced(scaled((value, alpha) => (value * alpha) / 255, pixels), size);
  return scaled((value, alpha) => (alpha ? (value * 255) / alpha : 0), small);
}

/** An RGBA picture on black or white. */
function composited({ values, width, height }: Pixels): Pixels {
  let [ink, alphas] = [0, 0];
  for (let at = 0; at < values.length; at += 4) {
    ink += (luminance(values[at], values[at + 1], values[at + 2]) / 255) * (values[at + 3] / 255);
    alphas += values[at + 3] / 255;
  }
  const behind = ink / Math.max(alphas, 1e-6) < 0.5 ? 255 : 0;
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let from = 0, to = 0; from < values.length; from += 4) {
    const alpha = values[from + 3] / 255;
    for (let channel = 0; channel < 3; channel++) {
      const value = values[from + channel] * alpha + behind * (1 - alpha);
      rgb[to++] = Math.floor(value + 0.5);
    }
  }
  return { values: rgb, channels: 3, width, height };
}
