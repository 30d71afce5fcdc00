// Feature maps as greys and colours, for painting.

import type { FeatureMaps } from "../recognition/recognizer.ts";
import type { ColourScale } from "./colour.ts";

/** What 255 stands for: the largest value of the stage, or that of each map. */
export type MapScale = "stage" | "map";

/** In which order a stage's maps are laid out. */
export type MapOrder = "channel" | "brightness";

/** Greys of one map. */
export function mapGreys(maps: FeatureMaps, channel: number, scale: MapScale): Uint8Array {
  const pixels = pixelsOf(maps, channel);
  const factor = factorOf(pixels, scale);
  return pixels.map((grey) => Math.round(grey * factor));
}

/**
 * All maps of a stage as pixels of image data, one map after the other. Without arrays in between:
 * this is most of what a frame costs while one draws.
 */
export function colourMaps(
  maps: FeatureMaps, scale: MapScale, colours: ColourScale, image: Uint32Array,
): void {
  for (let channel = 0, at = 0; channel < maps.peaks.length; channel++) {
    const pixels = pixelsOf(maps, channel);
    const factor = factorOf(pixels, scale);
    for (let i = 0; i < pixels.length; i++) image[at++] = colours[(pixels[i] * factor + 0.5) | 0];
  }
}

function pixelsOf({ pixels, peaks }: FeatureMaps, channel: number): Uint8Array {
  const area = pixels.length / peaks.length;
  return pixels.subarray(channel * area, (channel + 1) * area);
}

function factorOf(pixels: Uint8Array, scale: MapScale): number {
  if (scale === "stage") return 1;
  let largest = 0;
  for (let i = 0; i < pixels.length; i++) if (pixels[i] > largest) largest = pixels[i];
  return largest ? 255 / largest : 1;
}

/** Channels in the order in which their maps are laid out. */
export function mapOrder(maps: FeatureMaps, order: MapOrder): number[] {
  const channels = maps.peaks.map((_, channel) => channel);
  if (order === "channel") return channels;
  const sums = channels.map((channel) =>
    pixelsOf(maps, channel).reduce((sum, grey) => sum + grey, 0));
  return channels.sort((a, b) => sums[b] - sums[a] || a - b);
}
