// Recognition by the server.

import type { Drawing } from "../drawing/drawing.ts";
import { decodeBytes, encodeBytes, joinBytes } from "./base64.ts";
import { inTime } from "./in_time.ts";
import type { ModelVersion } from "./model.ts";
import type {
  Answer, AskOptions, CanvasAnswer, CanvasClassifier, FeatureMaps, Question, Reading, Recognizer,
} from "./recognizer.ts";
import type { ClassifyReply, Failure, MapsReply, Server } from "./server.ts";

type Functions = Pick<Server, "classify_ink" | "classify_picture" | "classify_canvases">;

const PATIENCE = 4000; // milliseconds after which there will be no answer

/** What the server takes of a row of digits. */
export interface RowLimits {
  /** most strokes */
  readonly strokes: number;
  /** most numbers of a stroke */
  readonly positions: number;
  /** most numbers of all strokes */
  readonly total: number;
}

export class ServerRecognizer implements Recognizer, CanvasClassifier {
  readonly #server: Functions;
  readonly #limits: RowLimits;

  constructor(server: Functions, limits: RowLimits) {
    this.#server = server;
    this.#limits = limits;
  }

  async recognize(question: Question, options: AskOptions): Promise<Answer | undefined> {
    let reply = await inTime((gone) => this.#ask(question, false, gone), PATIENCE);
    if (reply && !("error" in reply) && reply.explained === false) {
      options.interim({ kind: "reading", reading: decodeReading(reply) });
      if (options.signal.aborted) return { kind: "superseded" };
      try {
        reply = await inTime(
          (gone) => this.#ask(question, true, gone), PATIENCE, options.signal);
      } catch (error) {
        if (options.signal.aborted) return { kind: "superseded" };
        throw error;
      }
    }
    if (!reply) return undefined;
    if (!("error" in reply)) return { kind: "reading", reading: decodeReading(reply) };
    if (reply.busy) return undefined;
    if (reply.stale) return { kind: "stale" };
    return { kind: "error", message: reply.error, problem: reply.problem, size: reply.size };
  }

  async classifyCanvases(
    { name, version }: ModelVersion, canvases: readonly Uint8Array[], signal?: AbortSignal,
  ): Promise<CanvasAnswer[] | undefined> {
    const bytes = joinBytes(canvases);
    const reply = await this.#server.classify_canvases({
      model: name, version, canvases: encodeBytes(bytes),
    }, signal);
    if (!reply || "error" in reply) return undefined;
    return reply.probabilities.map((probabilities, index) =>
      ({ probabilities, digitScore: reply.digit_scores[index] }));
  }

  #ask(
    question: Question, explain: boolean, signal: AbortSignal,
  ): Promise<ClassifyReply | Failure | undefined> {
    const { drawing, ink, model: { name, version }, layers, digit } = question;
    const request = { model: name, version, layers, digit };
    if (drawing.picture) {
      return this.#server.classify_picture(
        { ...request, picture: drawing.picture.base64 }, signal);
    }
    if (!ink) throw new Error("strokes are sent as their ink canvas");
    const strokes = rowStrokes(drawing, this.#limits);
    return this.#server.classify_ink(
      { ...request, ink: encodeBytes(ink), strokes, explain }, signal);
  }
}

/**
 * The strokes of a drawing that may be a row of digits: several, but not more than the server
 * takes. Empty for others.
 */
export function rowStrokes({ strokes }: Drawing, limits: RowLimits): number[][] {
  if (strokes.length < 2 || strokes.length > limits.strokes) return [];
  const lengths = strokes.map(({ points }) => points.length);
  if (Math.max(...lengths) > limits.positions) return [];
  if (lengths.reduce((sum, length) => sum + length) > limits.total) return [];
  return strokes.map(({ points }) => points.map((value) => Math.round(10 * value) / 10));
}

function decodeMaps({ top, peaks, pixels }: MapsReply): FeatureMaps {
  return { top, peaks, pixels: decodeBytes(pixels) };
}

function decodeReading(reply: ClassifyReply): Reading {
  const { digit, is_digit: isDigit, reason, close, blank, probabilities, row, size } = reply;
  return {
    prediction: { digit, isDigit, reason, close, blank, probabilities },
    frame: decodeBytes(reply.frame),
    maps: Object.fromEntries(Object.entries(reply.maps).map(([name, maps]) =>
      [name, decodeMaps(maps)])),
    hidden: reply.hidden && decodeMaps(reply.hidden),
    row: row ? {
      lookedAt: row.looked_at,
      digits: row.digits.map((one) => ({ digit: one.digit, isDigit: one.is_digit, box: one.box })),
    } : null,
    size: size ?? null,
  };
}
