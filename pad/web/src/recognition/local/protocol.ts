// What the page and its worker send each other.

import type { Points } from "../../drawing/drawing.ts";
import type { InkFormat } from "../ink.ts";
import type { GraphFile, Kernel } from "../model.ts";
import type { CanvasAnswer, Reading } from "../recognizer.ts";
import type { Step } from "./imaging.ts";

/** Addresses of what the worker loads. */
export interface Files {
  readonly wasm: string;
  readonly steps: Readonly<Record<Step, string>>;
}

interface ReadCall {
  readonly model: GraphFile;
  readonly layers: readonly string[];
  readonly digit: number | null;
}

export interface InkCall extends ReadCall {
  /** the ink canvas */
  readonly ink: Uint8Array;
  /** of a drawing that may be a row of digits; else empty */
  readonly strokes: readonly Points[];
  readonly format: InkFormat;
}

export interface PictureCall extends ReadCall {
  readonly picture: ImageBitmap;
}

export interface CanvasesCall {
  readonly model: GraphFile;
  /** each 56 x 56 grey levels, ink light on dark */
  readonly canvases: readonly Uint8Array[];
}

/** The functions of the worker: what they take and return. */
export interface Functions {
  /** load the runtime; called first */
  start: [Files, null];
  load: [GraphFile, null];
  /** load the graphs that pictures need */
  loadImaging: [null, null];
  readInk: [InkCall, Reading];
  readPicture: [PictureCall, Reading];
  kernel: [{ model: GraphFile; layer: string; channel: number }, Kernel];
  classifyCanvases: [CanvasesCall, CanvasAnswer[]];
}

export type Name = keyof Functions;

export type ToWorker =
  | { readonly id: number; readonly name: Name; readonly argument: unknown }
  /** the rest of a call's work is not needed; it is answered by `cancelled` */
  | { readonly cancel: number };

export type FromWorker =
  | { readonly id: number; readonly interim: Reading }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly cancelled: true }
  /** `shown`: the message is for the user, the drawing is at fault */
  | { readonly id: number; readonly error: string; readonly shown: boolean };
