// How the maps of several stages are laid out side by side: as large as there is room, in full rows
// unless the number of maps has only divisors that make very long rows, such as 22.

export interface Room {
  /** of all groups together, in pixels */
  readonly width: number;
  readonly height: number;
  /** between two tiles */
  readonly gap: number;
  /** between two groups */
  readonly groupGap: number;
  /** smallest width of a group: that of its caption */
  readonly narrowest: number;
  /** largest side of a tile */
  readonly largest: number;
}

export interface Tiling {
  /** side of a tile of scale 1 */
  readonly tile: number;
  /** side of the tiles of each group */
  readonly tiles: readonly number[];
  /** of each group; its last row is full, or lacks at most a third */
  readonly columns: readonly number[];
}

const SMALLEST = 3;
/** So many times as many columns are worth it for full rows. */
const FULL_ROWS_WORTH = 1.7;

/**
 * Choose the largest tile with which groups of tiles fit side by side, the rows of a group full.
 * Where none fits, groups are as narrow as the height permits.
 *
 * scales: of each group's tiles; 1 by default
 */
export function arrange(
  counts: readonly number[], room: Room, scales: readonly number[] = counts.map(() => 1),
): Tiling {
  for (let tile = Math.floor(room.largest); ; tile--) {
    const tiles = scales.map((scale) => Math.max(SMALLEST, Math.round(scale * tile)));
    const columns = counts.map((count, at) => fewestColumns(count, rowsThatFit(tiles[at], room)));
    if (tile <= SMALLEST || totalWidth(columns, tiles, room) <= room.width) {
      return { tile, tiles, columns };
    }
  }
}

/** Width of a group, or its height for a number of rows. */
export function extent(tiles: number, tile: number, gap: number): number {
  return tiles * tile + (tiles - 1) * gap;
}

function rowsThatFit(tile: number, { height, gap }: Room): number {
  return Math.max(1, Math.floor((height + gap) / (tile + gap)));
}

/** The fewest columns that make full rows, at most so many; of almost full rows if far fewer do. */
function fewestColumns(count: number, mostRows: number): number {
  const full = fewestLacking(0, count, mostRows);
  const almostFull = fewestLacking(1 / 3, count, mostRows);
  return full > FULL_ROWS_WORTH * almostFull ? almostFull : full;
}

/** lacking: the greatest part of the last row that is empty */
function fewestLacking(lacking: number, count: number, mostRows: number): number {
  let columns = Math.ceil(count / mostRows);
  while (Math.ceil(count / columns) * columns - count > lacking * columns) columns++;
  return columns;
}

function totalWidth(columns: readonly number[], tiles: readonly number[], room: Room): number {
  const widths = columns.map((count, at) =>
    Math.max(room.narrowest, extent(count, tiles[at], room.gap)));
  return widths.reduce((sum, width) => sum + width, 0) + (columns.length - 1) * room.groupGap;
}
