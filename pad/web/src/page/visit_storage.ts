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
  readonly #models: Pick<Models, "name">;
  #decoding: string | undefined; // the picture of an earlier visit, until it is the drawing

  constructor(
    session: Pick<DrawingSession, "drawing" | "restore">,
    controls: Pick<EditingControls, "penWidth" | "choosePen">,
    pictures: Pick<Pictures, "decode">, models: Pick<Models, "name">,
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

  /** Restore the drawing and the pen. Returns the model's name; undefined if nothing was saved. */
  restore(): string | undefined {
    let model: string | undefined;
    restoreVisit((visit) => {
      model = visit.model;
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
    return model;
  }

  /** The user begins something else: the picture of the earlier visit is not kept any more. */
  dropPicture(): void { this.#decoding = undefined; }
}
