// Recognition by the server.

import type { Drawing } from "../drawing/drawing.ts";
import { decodeBytes, encodeBytes } from "./base64.ts";
import type { Answer, FeatureMaps, Question, Reading, Recognizer } from "./recognizer.ts";
import type { ClassifyReply, Failure, Server } from "./server.ts";

/** What the server takes of a row of digits. */
export interface RowLimits {
  /** most strokes */
  readonly strokes: number;
  /** most numbers of a stroke */
  readonly positions: number;
}

export class ServerRecognizer implements Recognizer {
  readonly #server: Pick<Server, "classify_ink" | "classify_picture">;
  readonly #limits: RowLimits;

  constructor(server: Pick<Server, "classify_ink" | "classify_picture">, limits: RowLimits) {
    this.#server = server;
    this.#limits = limits;
  }

  async recognize(question: Question): Promise<Answer | undefined> {
    const reply = await this.#ask(question);
    if (!reply) return undefined;
    if (!("error" in reply)) return { kind: "reading", reading: decodeReading(reply) };
    return reply.stale ? { kind: "stale" } : { kind: "error", message: reply.error };
  }

  #ask(question: Question): Promise<ClassifyReply | Failure | undefined> {
    const { drawing, ink, model: { name, version }, layers, digit } = question;
    const request = { model: name, version, layers, digit };
    if (drawing.picture) {
      return this.#server.classify_picture({ ...request, picture: drawing.picture.base64 });
    }
    if (!ink) throw new Error("strokes are sent as their ink canvas");
    const strokes = rowStrokes(drawing, this.#limits);
    return this.#server.classify_ink({ ...request, ink: encodeBytes(ink), strokes });
  }
}

/**
 * The strokes of a drawing that may be a row of digits: several, but not more than the server
 * takes. Empty for others.
 */
export function rowStrokes({ strokes }: Drawing, limits: RowLimits): number[][] {
  if (strokes.length < 2 || strokes.length > limits.strokes) return [];
  if (strokes.some(({ points }) => points.length > limits.positions)) return [];
  return strokes.map(({ points }) => points.map((value) => Math.round(10 * value) / 10));
}

function decodeReading(reply: ClassifyReply): Reading {
  const { digit, is_digit: isDigit, reason, close, blank, probabilities, row, size } = reply;
  return {
    prediction: { digit, isDigit, reason, close, blank, probabilities },
    frame: decodeBytes(reply.frame),
    maps: Object.fromEntries(Object.entries(reply.maps).map(([name, { top, peaks, pixels }]):
      [string, FeatureMaps] => [name, { top, peaks, pixels: decodeBytes(pixels) }])),
    row: row ? {
      lookedAt: row.looked_at,
      digits: row.digits.map((one) => ({ digit: one.digit, isDigit: one.is_digit, box: one.box })),
    } : null,
    size: size ?? null,
  };
}
