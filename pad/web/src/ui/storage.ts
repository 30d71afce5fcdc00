// What a reload of the page keeps, for this tab only.

import type { Stroke } from "../drawing/drawing.ts";

export interface Visit {
  readonly strokes: readonly Stroke[];
  readonly model: string;
  readonly penWidth: number;
}

const STORAGE_KEY = "drawpad";

export function saveVisit(visit: Visit): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(visit));
  } catch {
    // storage is disabled or full: a reload loses the drawing
  }
}

/** Call restore(visit) with what was saved, if anything was; what it cannot use is deleted. */
export function restoreVisit(restore: (visit: Visit) => void): void {
  try {
    const saved = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null") as Visit | null;
    if (saved) restore(saved);
  } catch {
    sessionStorage.removeItem(STORAGE_KEY);
  }
}
