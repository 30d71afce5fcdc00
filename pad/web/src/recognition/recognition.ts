// Keeps the reading of the drawing up to date: at most one question is asked at a time, and answers
// about another drawing or model are ignored.

import { isEmpty, type Drawing } from "../drawing/drawing.ts";
import { extentOf, inkStrokes, type InkFormat } from "./ink.ts";
import type { ModelVersion } from "./model.ts";
import type { Answer, Fault, Question, Reading, Recognizer } from "./recognizer.ts";
import { RequestQueue } from "./request_queue.ts";

export interface RecognitionEvents {
  reading(reading: Reading, drawing: Drawing): void;
  /** there is nothing to classify */
  blank(isEmpty: boolean): void;
  /** the model is not the one the page knows */
  stale(model: string): void;
  error(fault: Fault, drawing: Drawing): void;
  connection(lost: boolean): void;
  idle(): void;
}

interface Job extends Omit<Question, "ink"> {
  readonly generation: number;
}

/** The longest side of a touch without a line, relative to the pen's width. */
const STILL = 0.3;

const PATIENCE = 60_000; // milliseconds; the recognizers give up earlier, each in its own way

export class Recognition {
  readonly #ink: InkFormat;
  readonly #on: RecognitionEvents;
  readonly #queue: RequestQueue<Job, Answer>;
  #asking = new AbortController(); // of the question in flight
  #generation = 0; // answers to questions of an earlier generation are ignored

  constructor(recognizer: Recognizer, ink: InkFormat, on: RecognitionEvents) {
    this.#ink = ink;
    this.#on = on;
    const ask = (job: Job): Promise<Answer | undefined> => {
      this.#asking = new AbortController();
      const interim = (answer: Answer) => this.#receive(answer, job);
      // here, not in request(): a job that is replaced while it waits costs nothing
      const question = { ...job, ink: inkOf(job.drawing, this.#ink) };
      return recognizer.recognize(question, { signal: this.#asking.signal, interim });
    };
    this.#queue = new RequestQueue<Job, Answer>(ask, {
      response: (answer, job) => this.#receive(answer, job),
      connection: on.connection,
      idle: on.idle,
    }, PATIENCE);
  }

  get idle(): boolean { return this.#queue.idle; }

  /** Ignore the answers to all questions so far: they are about another drawing or model. */
  discard(): void { this.#generation++; }

  /** Classify a drawing; the arguments are those of a Question. */
  request(
    drawing: Drawing, model: ModelVersion, layers: readonly string[], digit: number | null,
  ): void {
    this.#asking.abort();
    if (!drawing.picture && isSpot(drawing)) {
      this.#queue.drop();
      this.discard();
      this.#on.blank(isEmpty(drawing));
      return;
    }
    this.#queue.submit({ drawing, model, layers, digit, generation: this.#generation });
  }

  #receive(answer: Answer, { drawing, model, generation }: Job): void {
    if (generation !== this.#generation || answer.kind === "superseded") return;
    if (answer.kind === "stale") this.#on.stale(model.name);
    else if (answer.kind === "error") this.#on.error(answer, drawing);
    else this.#on.reading(answer.reading, drawing);
  }
}

/** No more than a touch with the pen, which a hand does not hold still: nothing is written. */
function isSpot({ strokes }: Drawing): boolean {
  const pen = Math.max(...strokes.map(({ width }) => width), 0);
  return extentOf(strokes.map(({ points }) => points)) <= STILL * pen;
}

function inkOf({ strokes, picture }: Drawing, format: InkFormat): Uint8Array | null {
  return picture ? null : inkStrokes(strokes.map(({ points }) => points), format);
}
