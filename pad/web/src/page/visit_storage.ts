// Continues an earlier visit of the page: what a reload keeps.

import type { DrawingSession } from "../drawing/session.ts";
import { restoreVisit, saveVisit } from "../ui/storage.ts";
import type { EditingControls } from "./editing_controls.ts";
import type { Models } from "./models.ts";
import type { Pictures } from "./pictures.ts";

export class VisitStorage {
  readonly #session: Pick<DrawingSession, "drawing" | "restore">;
  readonly #controls: Pick<EditingControls, "penWidth" | "choosePen">;
  readonly #pictures: Pick<Pictures, "decode">;
  readonly #models: Pick<Models, "name" | "start">;
  #decoding: string | undefined; // the picture of an earlier visit, until it is the drawing

  constructor(
    session: Pick<DrawingSession, "drawing" | "restore">,
    controls: Pick<EditingControls, "penWidth" | "choosePen">,
    pictures: Pick<Pictures, "decode">, models: Pick<Models, "name" | "start">,
  ) {
    this.#session = session;
    this.#controls = controls;
    this.#pictures = pictures;
    this.#models = models;
  }

  save(): void {
    const { strokes, picture } = this.#session.drawing;
    saveVisit({
      strokes,
      picture: picture?.base64 ?? this.#decoding,
      model: this.#models.name, penWidth: this.#controls.penWidth,
    });
  }

  /** Restore model, pen and drawing. */
  restore(): void {
    let started = false;
    restoreVisit((visit) => {
      started = true;
      this.#models.start(visit.model); // first: with the drawing, its name is saved again
      this.#controls.choosePen(visit.penWidth);
      this.#session.restore({ strokes: visit.strokes });
      const { picture } = visit;
      if (picture === undefined) return;
      this.#decoding = picture; // kept if the page is loaded again before it is decoded
      this.#pictures.decode(picture, (decoded) => {
        this.#decoding = undefined;
        this.#session.restore({ picture: decoded });
      });
    });
    if (!started) this.#models.start();
  }

  /** The user begins something else: the picture of the earlier visit is not kept any more. */
  dropPicture(): void { this.#decoding = undefined; }
}
