// A drawing: strokes, or a picture in their place. Drawings are immutable.

/**
 * Positions are in canvas units: the drawing area is this many units wide and high at any screen
 * size.
 */
export const CANVAS_SIZE = 280;

/** Positions as a flat list x0, y0, x1, y1, ... */
export type Points = readonly number[];

export interface Stroke {
  readonly points: Points;
  readonly width: number;
}

export interface Picture {
  /** the file's bytes, as it is sent */
  readonly base64: string;
  /** null where the browser cannot decode the file */
  readonly bitmap: ImageBitmap | null;
  /** CSS colour that a transparent picture is seen on; null if nothing is transparent */
  readonly background: string | null;
}

export interface Drawing {
  readonly strokes: readonly Stroke[];
  readonly picture: Picture | null;
}

/** left, top, right, bottom */
export type Box = readonly [number, number, number, number];

export const EMPTY: Drawing = Object.freeze({ strokes: [], picture: null });

export function isEmpty(drawing: Drawing): boolean {
  return drawing.strokes.length === 0 && !drawing.picture;
}

/** All positions of a stroke are the same. */
export function isDot(points: Points): boolean {
  return points.every((value, i) => value === points[i % 2]);
}

/** The drawing with a new stroke. A stroke on top of a picture starts a new drawing. */
export function withStroke(drawing: Drawing, points: Points, width: number): Drawing {
  const strokes = drawing.picture ? [] : drawing.strokes;
  return { strokes: [...strokes, { points, width }], picture: null };
}

/** The drawing with more points on its last stroke. */
export function extended(drawing: Drawing, points: Points): Drawing {
  const last = drawing.strokes[drawing.strokes.length - 1];
  const longer = { ...last, points: [...last.points, ...points] };
  return { ...drawing, strokes: [...drawing.strokes.slice(0, -1), longer] };
}
