// What a reload of the page keeps, for this tab only.

import type { Stroke } from "../drawing/drawing.ts";

export interface Visit {
  readonly strokes: readonly Stroke[];
  /** base64 of a picture file in the strokes' place */
  readonly picture?: string | undefined;
  readonly model: string;
  readonly penWidth: number;
}

const STORAGE_KEY = "drawpad";

/** Where the storage has no room for a picture, the rest is kept. */
export function saveVisit(visit: Visit): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(visit));
  } catch {
    if (visit.picture !== undefined) saveVisit({ ...visit, picture: undefined });
    // else storage is disabled or full: a reload loses the drawing
  }
}

/** Call restore(visit) with what was saved, if anything was; what it cannot use is deleted. */
export function restoreVisit(restore: (visit: Visit) => void): void {
  try {
    const saved = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null") as Visit | null;
    if (saved) restore(saved);
  } catch {
    deleteVisit();
  }
}

function deleteVisit(): void {
  try {
    sessionStorage.removeItem(STORAGE_KEY);
  } catch {
    // the browser keeps nothing for this page, and may not even let it ask
  }
}
