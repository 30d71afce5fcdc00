// The drawing as it is edited: strokes, eraser, undo, examples, pictures.

import {
  EMPTY, extended, isEmpty, withStroke, type Drawing, type Picture, type Points, type Stroke,
} from "./drawing.ts";
import { erased } from "./eraser.ts";
import { History } from "./history.ts";

export interface SessionEvents {
  /** after every change */
  edit(): void;
  /** it is another drawing, and not a longer one */
  replace(): void;
  /** the user starts something new */
  begin(): void;
  /** a stroke has ended */
  save(): void;
}

/**
 * Replays strokes: step(points, isNewStroke) again and again, then end(). Returns a function that
 * stops it.
 */
export type Replay = (
  strokes: readonly Points[],
  step: (points: Points, isNewStroke: boolean) => void,
  end: () => void,
) => () => void;

export class DrawingSession {
  readonly #on: SessionEvents;
  readonly #replay: Replay;
  readonly #history = new History();
  #erasing = false; // the stroke being drawn erases
  #eraserAt: Points = [0, 0];
  #stopReplay: (() => void) | null = null;

  constructor(on: SessionEvents, replay: Replay) {
    this.#on = on;
    this.#replay = replay;
  }

  get drawing(): Drawing { return this.#history.current; }
  get canUndo(): boolean { return this.#history.canUndo; }
  get canRedo(): boolean { return this.#history.canRedo; }

  /** points: where the pen is put down; erase: with the eraser; width: of the pen or eraser. */
  beginStroke(points: Points, width: number, erase: boolean): void {
    this.stopReplay();
    this.#erasing = erase;
    if (erase) {
      this.#history.push(this.drawing);
      this.#eraserAt = points;
      this.continueStroke(points, width);
      return;
    }
    const isNew = isEmpty(this.drawing) || this.drawing.picture !== null;
    this.#history.push(withStroke(this.drawing, points, width));
    if (isNew) this.#on.replace();
    this.#on.begin();
    this.#on.edit();
  }

  continueStroke(points: Points, width: number): void {
    this.#history.replace(
      this.#erasing ? this.#erase(points, width) : extended(this.drawing, points));
    this.#on.edit();
  }

  endStroke(): void {
    if (this.#erasing) this.changed();
    else this.#on.save();
  }

  undo(): void {
    this.stopReplay();
    this.#history.undo();
    this.changed();
  }

  redo(): void {
    this.stopReplay();
    this.#history.redo();
    this.changed();
  }

  clear(): void {
    this.stopReplay();
    if (!isEmpty(this.drawing)) this.#history.push(EMPTY);
    this.changed();
  }

  /** Put a picture in the place of the drawing. */
  setPicture(picture: Picture): void {
    this.stopReplay();
    this.#history.push({ strokes: [], picture });
    this.changed();
  }

  /** Take back a picture that could not be read, if it is still the drawing. */
  rejectPicture(drawing: Drawing): void {
    if (!drawing.picture || this.drawing !== drawing) return;
    this.#history.undo();
    this.changed();
  }

  /** Draw an example stroke by stroke, as a pen would. */
  playExample(strokes: readonly Points[], width: number): void {
    this.stopReplay();
    this.#on.replace();
    this.#history.push(EMPTY);
    const stop = this.#replay(strokes, (points, isNew) => {
      const drawing = this.drawing;
      this.#history.replace(isNew ? withStroke(drawing, points, width) : extended(drawing, points));
      this.#on.edit();
    }, () => {
      this.#stopReplay = null;
      this.#on.save();
    });
    this.#stopReplay = () => {
      stop();
      this.#stopReplay = null;
    };
  }

  stopReplay(): void { this.#stopReplay?.(); }

  /** Continue with strokes from an earlier visit. */
  restore(strokes: readonly Stroke[]): void {
    if (strokes.length) this.#history.push({ strokes, picture: null });
  }

  /** It is another drawing now. */
  changed(): void {
    this.#on.replace();
    this.#on.begin();
    this.#on.save();
    this.#on.edit();
  }

  #erase(points: Points, radius: number): Drawing {
    let drawing = this.drawing;
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = this.#eraserAt;
      drawing = erased(drawing, x, y, points[i], points[i + 1], radius);
      this.#eraserAt = [points[i], points[i + 1]];
    }
    return drawing;
  }
}
