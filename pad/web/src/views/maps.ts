// Feature maps as greys, for painting.

import type { FeatureMaps } from "../recognition/recognizer.ts";

/** What 255 stands for: the largest value of the stage, or that of each map. */
export type MapScale = "stage" | "map";

/** In which order a stage's maps are laid out. */
export type MapOrder = "channel" | "brightness";

/** Greys of one map. */
export function mapGreys(maps: FeatureMaps, channel: number, scale: MapScale): Uint8Array {
  const area = maps.pixels.length / maps.peaks.length;
  const pixels = maps.pixels.subarray(channel * area, (channel + 1) * area);
  if (scale === "stage") return pixels;
  const largest = Math.max(...pixels);
  return largest ? pixels.map((grey) => Math.round((255 * grey) / largest)) : pixels;
}

/** Channels in the order in which their maps are laid out. */
export function mapOrder(maps: FeatureMaps, order: MapOrder): number[] {
  const channels = maps.peaks.map((_, channel) => channel);
  if (order === "channel") return channels;
  const area = maps.pixels.length / channels.length;
  const sums = channels.map((channel) =>
    maps.pixels.subarray(channel * area, (channel + 1) * area).reduce((sum, grey) => sum + grey, 0));
  return channels.sort((a, b) => sums[b] - sums[a] || a - b);
}
