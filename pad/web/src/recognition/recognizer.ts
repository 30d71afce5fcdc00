// The one interface through which the page asks what a drawing is.

import type { Box, Drawing } from "../drawing/drawing.ts";
import type { ModelVersion } from "./model.ts";

export interface Question {
  readonly drawing: Drawing;
  /** the ink canvas of the strokes (see inkStrokes); null for a picture */
  readonly ink: Uint8Array | null;
  readonly model: ModelVersion;
  /** stages whose feature maps are wanted */
  readonly layers: readonly string[];
  /** the digit of a row to look at; null: the newest */
  readonly digit: number | null;
}

/** Ten, for the digits 0 to 9. */
export type Probabilities = readonly number[];

export interface Prediction {
  readonly digit: number | null;
  readonly isDigit: boolean;
  /** of a refusal: "blank", "not a digit" or "several digits" */
  readonly reason: string | null;
  /** the two most probable digits where neither is clearly ahead, else empty */
  readonly close: readonly number[];
  readonly blank: boolean;
  readonly probabilities: Probabilities;
}

/** One stage's feature maps; all are scaled by the same factor. */
export interface FeatureMaps {
  /** largest value, shown as 255 */
  readonly top: number;
  /** largest value of each map */
  readonly peaks: readonly number[];
  /** channels x height x width */
  readonly pixels: Uint8Array;
}

export interface RowDigit {
  readonly digit: number | null;
  readonly isDigit: boolean;
  /** in the drawing's unit: canvas units for strokes, pixels for a picture */
  readonly box: Box;
}

export interface Row {
  /** index of the digit that everything else is about */
  readonly lookedAt: number;
  readonly digits: readonly RowDigit[];
}

export interface Reading {
  readonly prediction: Prediction;
  /** 28 x 28 greys: what the network sees */
  readonly frame: Uint8Array;
  readonly maps: Readonly<Record<string, FeatureMaps>>;
  /** amounts of the hidden layer's activations, as maps of one pixel; null if there is none */
  readonly hidden: FeatureMaps | null;
  /** null if the drawing is no row of digits */
  readonly row: Row | null;
  /** width and height of a picture in pixels; null for strokes */
  readonly size: readonly [number, number] | null;
}

/** Why a drawing cannot be read. */
export interface Fault {
  /** in English */
  readonly message: string;
  /** the key of the text that says it in the page's language, if there is one */
  readonly problem?: string | undefined;
  /** width and height of a picture, for that text */
  readonly size?: readonly [number, number] | undefined;
}

export type Answer =
  | { readonly kind: "reading"; readonly reading: Reading }
  /** the model is not the one the page knows: it was replaced, withdrawn or is damaged */
  | { readonly kind: "stale" }
  | ({ readonly kind: "error" } & Fault)
  /** the answer is not needed any more; see AskOptions */
  | { readonly kind: "superseded" };

export interface AskOptions {
  /**
   * Another question waits: once an interim answer was given, the rest may be left out, and the
   * answer be "superseded".
   */
  readonly signal: AbortSignal;
  /** is given a reading whose refusal is not explained yet */
  readonly interim: (answer: Answer) => void;
}

export interface Recognizer {
  /** Answer a question; undefined, or a rejected promise, where no answer came: ask again. */
  recognize(question: Question, options: AskOptions): Promise<Answer | undefined>;
}

/** What the network says about one ink canvas. */
export interface CanvasAnswer {
  /** given that it is a single digit */
  readonly probabilities: Probabilities;
  /** probability that it is a single digit */
  readonly digitScore: number;
}

/** For questions about variants of one drawing, after it has been recognised. */
export interface CanvasClassifier {
  /**
   * An answer for each ink canvas (see inkStrokes), at most 256: variants of one drawing.
   * Undefined, or a rejected promise, where no answer came.
   * @param signal the answer is not needed any more: the rest may be left out
   */
  classifyCanvases(
    model: ModelVersion, canvases: readonly Uint8Array[], signal: AbortSignal,
  ): Promise<CanvasAnswer[] | undefined>;
}
