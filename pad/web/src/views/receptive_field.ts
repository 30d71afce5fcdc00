// Which part of the frame a pixel of a feature map depends on.

import type { ReceptiveField } from "../recognition/model.ts";

export const FRAME_SIZE = 28;

/** Rows and columns of the frame; right and bottom are the first ones after it. */
export interface FrameBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A pixel of a feature map. */
export interface Pixel {
  readonly row: number;
  readonly column: number;
}

/** The receptive field of a pixel, without the padding that reaches beyond the frame. */
export function frameBox({ size, step, start }: ReceptiveField, { row, column }: Pixel): FrameBox {
  const inside = (value: number) => Math.min(FRAME_SIZE, Math.max(0, value));
  return {
    left: inside(start + column * step),
    top: inside(start + row * step),
    right: inside(start + column * step + size),
    bottom: inside(start + row * step + size),
  };
}

/** How the frame's greys, 0 to 255, become the input of the first convolution. */
export interface InputScale {
  readonly mean: number;
  readonly std: number;
}

/**
 * The numbers that a pixel of conv1 is computed from: its receptive field in the network's input,
 * row by row. Beyond the frame there are zeros: convolutions pad the normalised input.
 */
export function inputPatch(
  frame: Uint8Array, { size, step, start }: ReceptiveField, { row, column }: Pixel,
  { mean, std }: InputScale,
): number[] {
  return Array.from({ length: size * size }, (_, index) => {
    const y = start + row * step + Math.floor(index / size);
    const x = start + column * step + (index % size);
    if (x < 0 || y < 0 || x >= FRAME_SIZE || y >= FRAME_SIZE) return 0;
    return (frame[y * FRAME_SIZE + x] / 255 - mean) / std;
  });
}

/** The pixel of a picture of height x width pixels that is shown in a box. */
export function pixelAt(
  box: Pick<DOMRect, "left" | "top" | "width" | "height">, x: number, y: number,
  height: number, width: number,
): Pixel {
  const at = (share: number, count: number) =>
    Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  return {
    row: at((y - box.top) / box.height, height),
    column: at((x - box.left) / box.width, width),
  };
}
