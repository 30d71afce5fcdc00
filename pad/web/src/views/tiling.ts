// How the maps of several stages are laid out side by side: in full rows, as large as there is room.

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
  /** side of every tile */
  readonly tile: number;
  /** of each group; its number of tiles is a multiple of it */
  readonly columns: readonly number[];
}

const SMALLEST = 3;

/**
 * Choose the largest tile with which groups of tiles fit side by side, every row of a group full.
 * Where none fits, groups are as narrow as the height permits.
 */
export function arrange(counts: readonly number[], room: Room): Tiling {
  for (let tile = Math.floor(room.largest); tile > SMALLEST; tile--) {
    const columns = counts.map((count) => fewestColumns(count, rowsThatFit(tile, room)));
    if (columns.every((one): one is number => one !== null)) {
      if (totalWidth(columns, tile, room) <= room.width) return { tile, columns };
    }
  }
  const rows = rowsThatFit(SMALLEST, room);
  return { tile: SMALLEST, columns: counts.map((count) => fewestColumns(count, rows) ?? count) };
}

/** Width of a group, or its height for a number of rows. */
export function extent(tiles: number, tile: number, gap: number): number {
  return tiles * tile + (tiles - 1) * gap;
}

function rowsThatFit(tile: number, { height, gap }: Room): number {
  return Math.max(1, Math.floor((height + gap) / (tile + gap)));
}

/** The fewest columns that divide the count into at most so many rows. */
function fewestColumns(count: number, mostRows: number): number | null {
  for (let columns = Math.max(1, Math.ceil(count / mostRows)); columns <= count; columns++) {
    if (count % columns === 0) return columns;
  }
  return null;
}

function totalWidth(columns: readonly number[], tile: number, room: Room): number {
  const widths = columns.map((count) => Math.max(room.narrowest, extent(count, tile, room.gap)));
  return widths.reduce((sum, width) => sum + width, 0) + (columns.length - 1) * room.groupGap;
}
