// Says where the model runs.

import type { DrawingSession } from "../drawing/session.ts";
import type { PageContext } from "./context.ts";
import type { Models } from "./models.ts";

type Context = Pick<PageContext, "root" | "part" | "text">;

export class PlaceView {
  readonly #context: Context;
  readonly #session: Pick<DrawingSession, "drawing">;
  readonly #models: Pick<Models, "place" | "waiting" | "picturesFail">;

  constructor(
    context: Context, session: Pick<DrawingSession, "drawing">,
    models: Pick<Models, "place" | "waiting" | "picturesFail">,
  ) {
    this.#context = context;
    this.#session = session;
    this.#models = models;
  }

  show(): void {
    const { root, part, text } = this.#context;
    const { place, waiting, picturesFail } = this.#models;
    root.dataset.runs = place;
    const { picture } = this.#session.drawing;
    const reason = waiting === null
      ? text(picture && (!picture.bitmap || picturesFail) ? "runs_picture" : `runs_${place}`)
      : text("runs_waiting", { name: waiting });
    if (part.place.textContent !== reason) part.place.textContent = reason;
  }
}
