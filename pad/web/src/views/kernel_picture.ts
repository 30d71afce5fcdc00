// A kernel as a picture.

import type { Kernel } from "../recognition/model.ts";

export interface GreyPicture {
  readonly greys: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Lay a kernel's input channels out in a square of tiles, one pixel apart. 0 is the middle of the
 * greys, the largest weight by amount their end.
 */
export function kernelPicture({ shape: [count, height, width], weights }: Kernel): GreyPicture {
  const largest = Math.max(...weights.map(Math.abs), 1e-6);
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const [across, down] = [columns * (width + 1) - 1, rows * (height + 1) - 1];
  const greys = new Uint8Array(across * down).fill(128);
  weights.forEach((weight, index) => {
    const tile = Math.floor(index / (height * width));
    const row = Math.floor((index % (height * width)) / width);
    const y = Math.floor(tile / columns) * (height + 1) + row;
    const x = (tile % columns) * (width + 1) + (index % width);
    greys[y * across + x] = Math.round(127.5 + 127.5 * (weight / largest));
  });
  return { greys, width: across, height: down };
}
