// Sizes of the stages: side by side on a wide screen, one below the other on a narrow one, and where
// there are so many that their maps would be tiny.

import type { Grid } from "./map_painter.ts";
import { arrange, extent } from "./tiling.ts";

export interface StripSize {
  /** of the whole strip, in pixels */
  readonly width: number;
  /** for the maps */
  readonly height: number;
  /** too narrow for stages side by side, whatever they are */
  readonly column: boolean;
}

export interface StripGrids {
  readonly stages: readonly Grid[];
  readonly hidden: Grid | null;
  /** smallest gap between two stages */
  readonly gap: number;
  /** from one stage to the next, also where the strip has room to spare */
  readonly spacing: number;
  /** one below the other */
  readonly column: boolean;
}

/** Widths of the drawing and of the output. */
export const INPUT_WIDTH = 112;
export const OUTPUT_WIDTH = 92;
const SMALLEST_TILE = 8;
const LARGEST_TILE = 64;
/** Smallest tile with which all stages have tiles of one size. */
const EQUAL_TILES = 20;
const NARROWEST = 58;
const COLUMN = { height: 360, largest: 44 };
/** Part of a tile's largest side that is given up for longer rows, with less room beside them. */
const [HARDLY, SOMEWHAT] = [0.15, 0.3];

/** counts: maps of each stage; hidden: units of the hidden layer, 0: none; sides: of the maps */
export function stripGrids(
  counts: readonly number[], hidden: number, size: StripSize,
  sides: readonly number[] = counts.map(() => 1),
): StripGrids {
  const row = size.column ? null : rowGrids(counts, hidden, size, sides);
  const fits = row?.stages.every(({ tile }) => tile >= SMALLEST_TILE);
  return row && fits ? row : columnGrids(counts, hidden, size.width);
}

function rowGrids(
  counts: readonly number[], hidden: number, { width, height }: StripSize,
  sides: readonly number[],
): StripGrids {
  const gap = counts.length > 6 ? 14 : 24;
  const hiddenGrid = hidden ? gridOf(hidden, OUTPUT_WIDTH, height, 11) : null;
  const hiddenWidth = hiddenGrid
    ? OUTPUT_WIDTH + gap : 0;
  const room = width - INPUT_WIDTH - gap - hiddenWidth - OUTPUT_WIDTH - gap;
  // a narrow gap first: it decides how large a tile can be
  const tilingWith = (tileGap: number, scales?: readonly number[]) => arrange(counts, {
    width: room, height, gap: tileGap, groupGap: gap, narrowest: NARROWEST, largest: LARGEST_TILE,
  }, scales);
  const tight = tilingWith(1);
  const loose = tilingWith(3);
  let chosen = loose.tile >= 16 ? { ...loose, gap: 3 } : { ...tight, gap: 1 };
  if (chosen.tile < EQUAL_TILES) {
    // many maps of few pixels leave their room to those of more pixels
    const scaled = tilingWith(1, sides.map((side) => Math.sqrt(side / Math.max(...sides))));
    if (Math.min(...scaled.tiles) >= SMALLEST_TILE) chosen = { ...scaled, gap: 1 };
  }
  const { tiles } = chosen;
  const stages = chosen.columns.map((columns, at) =>
    ({ columns, tile: tiles[at], gap: chosen.gap }));
  const taken = stages.reduce((sum, grid) => sum + stageWidth(grid) + gap, -gap);
  const gaps = counts.length + (hiddenGrid ? 1 : 0);
  return { stages, hidden: hiddenGrid, gap, spacing: gap + (room - taken) / gaps, column: false };
}

/** Width of a stage with its maps. */
export function stageWidth({ columns, tile, gap }: Grid): number {
  return Math.max(NARROWEST, extent(columns, tile, gap));
}

function columnGrids(counts: readonly number[], hidden: number, width: number): StripGrids {
  const grid = (count: number) => gridOf(count, width, COLUMN.height, COLUMN.largest, SOMEWHAT);
  return {
    stages: counts.map(grid), hidden: hidden ? gridOf(hidden, width, 60, 10) : null, gap: 0,
    spacing: 0, column: true,
  };
}

function gridOf(
  count: number, width: number, height: number, largest: number, givenUp = HARDLY,
): Grid {
  const gap = largest > 16 ? 3 : 1;
  const { tile, columns: [fewest] } = arrange([count], { width, height, gap, groupGap: 0, narrowest: 0, largest });
  for (let columns = count; columns > 0; columns--) {
    const side = Math.min(tile, Math.floor((width + gap) / columns) - gap);
    const fits = side >= (1 - givenUp) * tile && extent(count / columns, side, gap) <= height;
    if (count % columns === 0 && fits) return { tile: side, gap, columns };
  }
  return { tile, gap, columns: fewest };
}
