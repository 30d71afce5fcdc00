// Classifies the drawing with the model in use, and with another one where they are compared.

import type { DrawingSession } from "../drawing/session.ts";
import type { ModelDescription } from "../recognition/model.ts";
import { Recognition } from "../recognition/recognition.ts";
import { Comparison } from "../views/comparison.ts";
import type { PageContext } from "./context.ts";
import type { Models } from "./models.ts";
import type { ReadingViews } from "./reading_views.ts";

type Context = Pick<PageContext, "part" | "props" | "text" | "banner" | "server">;

export interface ReaderEvents {
  /** a classification was asked for */
  asked(): void;
  /** all questions are answered */
  idle(): void;
}

export class Reader {
  readonly #session: DrawingSession;
  readonly #models: Models;
  readonly #views: ReadingViews;
  readonly #on: ReaderEvents;
  readonly #recognition: Recognition;
  readonly #comparison: Comparison;
  #lookedAt: number | null = null; // the digit of a row that the user has chosen to look at

  constructor(
    { part, props, text, banner, server }: Context, session: DrawingSession, models: Models,
    views: ReadingViews, on: ReaderEvents,
  ) {
    this.#session = session;
    this.#models = models;
    this.#views = views;
    this.#on = on;
    this.#comparison = new Comparison(
      part.compare, text, server, models.others, props.ink, (other) => {
        models.prepare(other);
        this.classify();
      });
    this.#recognition = new Recognition(models.recognizer, props.ink, {
      reading: (reading) => views.show(reading),
      blank: (isEmpty) => views.clear(isEmpty ? "" : text("too_little")),
      stale: (model) => models.use(model), // which also classifies again
      error: ({ message, problem, size }, drawing) => {
        session.rejectPicture(drawing);
        const [width, height] = size ?? [];
        const { side } = props.picture_limits;
        banner.show(problem ? text(problem, { width, height, side }) : message);
      },
      connection: (lost) => {
        banner.setConnectionLost("reading", lost);
        if (lost) views.clearPrediction(); // it is of an earlier drawing, perhaps for long
        else models.reload();
      },
      idle: on.idle,
    });
  }

  /** No classification with the model in use is waited for. */
  get idle(): boolean { return this.#recognition.idle; }

  classify(): void {
    const { drawing } = this.#session;
    const { current } = this.#models;
    if (!current) return; // asked again when there is one
    this.#recognition.request(drawing, current, this.#views.layers, this.#lookedAt);
    if (this.#views.comparing) this.#comparison.request(drawing, this.#lookedAt);
    this.#on.asked();
  }

  /** Classify the drawing, looking at a digit of a row until it is edited. */
  look(index: number): void {
    this.#lookedAt = index;
    this.classify();
  }

  /** The drawing is edited: look at its newest digit again. */
  lookAtNewest(): void { this.#lookedAt = null; }

  /** Ignore the answers to all questions so far: they are about another drawing or model. */
  discard(): void {
    this.#recognition.discard();
    this.#comparison.discard();
  }

  /** Another model is in use. */
  offerOthers(description: ModelDescription): void {
    this.#comparison.offer(this.#models.name, description);
  }
}
