// Reducing pictures by box filters, as Pillow's resize and reduce.

/** Interleaved channels, row by row, each in 0 to 255. */
export interface Pixels {
  readonly values: Uint8ClampedArray;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Reduce a picture, first by whole factors where it is at least `gap` times too large even then;
 * gap 0: at once.
 */
export function boxResize(pixels: Pixels, width: number, height: number, gap = 0): Pixels {
  const factor = (from: number, to: number): number =>
    gap ? Math.max(1, Math.trunc(from / to / gap)) : 1;
  const [x, y] = [factor(pixels.width, width), factor(pixels.height, height)];
  const reduced = x > 1 || y > 1 ? reduce(pixels, x, y) : pixels;
  const wide = resizeRows(reduced, width, pixels.width / x);
  const turned = resizeRows(transposed(wide), height, pixels.height / y);
  return transposed(turned);
}

/** The mean of each block of x times y pixels; those at the border may be smaller. */
function reduce({ values, channels, width, height }: Pixels, x: number, y: number): Pixels {
  const [columns, rows] = [Math.ceil(width / x), Math.ceil(height / y)];
  const means = new Uint8ClampedArray(columns * rows * channels);
  for (let row = 0; row < rows; row++) {
    const bottom = Math.min(height, (row + 1) * y);
    for (let column = 0; column < columns; column++) {
      const right = Math.min(width, (column + 1) * x);
      const count = (bottom - row * y) * (right - column * x);
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let v = row * y; v < bottom; v++) {
          for (let u = column * x; u < right; u++) sum += values[(v * width + u) * channels + channel];
        }
        means[(row * columns + column) * channels + channel] = Math.floor(sum / count + 0.5);
      }
    }
  }
  return { values: means, channels, width: columns, height: rows };
}

/** Change the width; `from` pixels of it, which may be a fraction less than all, are used. */
function resizeRows({ values, channels, width, height }: Pixels, to: number, from: number): Pixels {
  if (to === width && from === width) return { values, channels, width, height };
  const resized = new Uint8ClampedArray(to * height * channels);
  const scale = from / to;
  const reach = Math.max(1, scale) / 2;
  for (let column = 0; column < to; column++) {
    const centre = (column + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(width, Math.trunc(centre + reach + 0.5));
    const used: number[] = [];
    for (let at = first; at < end; at++) {
      const place = (at + 0.5 - centre) / (2 * reach);
      if (place > -0.5 && place <= 0.5) used.push(at);
    }
    for (let row = 0; row < height; row++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (const at of used) sum += values[(row * width + at) * channels + channel];
        resized[(row * to + column) * channels + channel] = Math.floor(sum / used.length + 0.5);
      }
    }
  }
  return { values: resized, channels, width: to, height };
}

function transposed({ values, channels, width, height }: Pixels): Pixels {
  const turned = new Uint8ClampedArray(values.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < channels; channel++) {
        turned[(column * height + row) * channels + channel] =
          values[(row * width + column) * channels + channel];
      }
    }
  }
  return { values: turned, channels, width: height, height: width };
}
