// The drawing as it is edited: strokes, eraser, undo, examples, pictures.

import {
  EMPTY, extended, isEmpty, withStroke, type Drawing, type Picture, type Points, type Stroke,
} from "./drawing.ts";
import { erased } from "./eraser.ts";
import { History } from "./history.ts";
import type { PenStroke } from "./pen.ts";

export interface SessionEvents {
  /** after every change */
  edit(): void;
  /** it is another drawing, and not a longer one */
  replace(): void;
  /** the user begins something: whatever was going on has ended */
  begin(): void;
  /** a stroke has ended */
  save(): void;
  /** the eraser was put on a picture, which it does not change */
  eraseOnPicture(): void;
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
  #gesture: Gesture | null = null; // the pen that is down
  #finishReplay: (() => void) | null = null;

  constructor(on: SessionEvents, replay: Replay) {
    this.#on = on;
    this.#replay = replay;
  }

  get drawing(): Drawing { return this.#history.current; }
  /** A pen is down, or strokes are replayed. */
  get inProgress(): boolean { return this.#gesture !== null || this.#finishReplay !== null; }
  get canUndo(): boolean { return this.#history.canUndo; }
  get canRedo(): boolean { return this.#history.canRedo; }

  /**
   * Put a pen or the eraser down.
   * @param width of the pen, or radius of the eraser
   * @param interrupted called when the stroke ends because the user does something else
   */
  beginStroke(
    points: Points, width: number, erase: boolean, interrupted: () => void = () => {},
  ): PenStroke {
    this.#begin();
    const gesture: Gesture = { erase, width, at: points, isStep: !erase, interrupted };
    this.#gesture = gesture;
    if (erase) {
      if (this.drawing.picture) this.#on.eraseOnPicture();
      this.#erase(gesture, points);
    } else {
      const isNew = isEmpty(this.drawing) || this.drawing.picture !== null;
      this.#history.push(withStroke(this.drawing, points, width));
      if (isNew) this.#on.replace();
      this.#on.edit();
    }
    return {
      move: (more) => { if (this.#gesture === gesture) this.#continue(gesture, more); },
      end: () => { if (this.#gesture === gesture) this.#end(gesture); },
    };
  }

  /** End the stroke of a pen that is still down; it stays in the drawing. */
  interruptStroke(): void {
    const gesture = this.#gesture;
    if (!gesture) return;
    this.#end(gesture);
    gesture.interrupted();
  }

  undo(): void {
    this.#begin();
    this.#history.undo();
    this.changed();
  }

  redo(): void {
    this.#begin();
    this.#history.redo();
    this.changed();
  }

  clear(): void {
    this.#begin();
    if (!isEmpty(this.drawing)) this.#history.push(EMPTY);
    this.changed();
  }

  /** Put a picture in the place of the drawing. */
  setPicture(picture: Picture): void {
    this.#begin();
    this.#history.push({ strokes: [], picture });
    this.changed();
  }

  /** Take back a picture that could not be read, if it is still the drawing. */
  rejectPicture(drawing: Drawing): void {
    if (!drawing.picture || this.drawing !== drawing) return;
    this.interruptStroke(); // of an eraser
    this.#history.remove();
    this.changed();
  }

  /** Draw an example stroke by stroke, as a pen would. One that is interrupted is completed. */
  playExample(strokes: readonly Points[], width: number): void {
    this.play(strokes.map((points) => ({ points, width })));
  }

  /** Draw strokes one after the other, as a pen would. Where it is interrupted they are completed. */
  play(strokes: readonly Stroke[]): void {
    this.#begin();
    this.#on.replace();
    this.#history.push(EMPTY);
    let stop: (() => void) | null = null;
    const end = () => {
      this.#finishReplay = null;
      this.#on.save();
    };
    this.#finishReplay = () => {
      stop?.();
      this.#history.replace({ strokes, picture: null });
      end();
      this.#on.edit();
    };
    stop = this.#replay(strokes.map(({ points }) => points), (points, isNew) => {
      const drawing = this.drawing;
      const { width } = strokes[isNew ? drawing.strokes.length : 0];
      this.#history.replace(isNew ? withStroke(drawing, points, width) : extended(drawing, points));
      this.#on.edit();
    }, end);
  }

  /** Continue with the strokes, or the picture, of an earlier visit. */
  restore(drawing: Pick<Drawing, "strokes"> | { readonly picture: Picture }): void {
    const restored = { strokes: [], picture: null, ...drawing };
    if (isEmpty(restored)) return;
    this.#history.push(restored);
    this.changed();
  }

  /** It is another drawing now, or another network classifies it. */
  changed(): void {
    this.#on.replace();
    this.#on.save();
    this.#on.edit();
  }

  /** Whatever was going on ends: the user does something else. */
  #begin(): void {
    this.interruptStroke();
    this.#finishReplay?.();
    this.#on.begin();
  }

  #continue(gesture: Gesture, points: Points): void {
    if (gesture.erase) return this.#erase(gesture, points);
    this.#history.replace(extended(this.drawing, points));
    this.#on.edit();
  }

  #end(gesture: Gesture): void {
    this.#gesture = null;
    if (gesture.erase && gesture.isStep) this.changed();
    else this.#on.save();
  }

  /** Erase on the way to the points. It is a step of the history once any ink is gone. */
  #erase(gesture: Gesture, points: Points): void {
    let drawing = this.drawing;
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = gesture.at;
      drawing = erased(drawing, x, y, points[i], points[i + 1], gesture.width);
      gesture.at = [points[i], points[i + 1]];
    }
    if (drawing === this.drawing) return;
    if (gesture.isStep) this.#history.replace(drawing);
    else this.#history.push(drawing);
    gesture.isStep = true;
    this.#on.edit();
  }
}

interface Gesture {
  readonly erase: boolean;
  readonly width: number;
  /** where the eraser is */
  at: Points;
  /** it has a step in the history */
  isStep: boolean;
  readonly interrupted: () => void;
}
