// Pictures in the drawing's place: files that are chosen, pasted or dropped, and stored pictures.

import type { Picture } from "../drawing/drawing.ts";
import { decodePicture, PictureError, readPicture } from "../drawing/picture_file.ts";
import { PictureLoader } from "../drawing/picture_loader.ts";
import type { DrawingSession } from "../drawing/session.ts";
import { bindPictures } from "../ui/picture_input.ts";
import type { PageContext } from "./context.ts";

type Context = Pick<PageContext, "element" | "part" | "props" | "text" | "banner">;

export class Pictures {
  readonly #loader: PictureLoader;

  /** onLoading is called when a picture is being read, and when it no longer is. */
  constructor(
    { element, part, props: { picture_limits: limits }, text, banner }: Context,
    session: Pick<DrawingSession, "setPicture">, onLoading: () => void,
  ) {
    this.#loader = new PictureLoader({
      busy: onLoading,
      failed: (error) => {
        const limit = Math.floor(limits.bytes / 2 ** 20);
        const { problem = "no_picture", size = {} } = error instanceof PictureError ? error : {};
        banner.show(text(problem, { limit, ...size }));
      },
    });
    bindPictures(element, part.paper, part.file, {
      take: (file, count) => {
        banner.clear();
        void this.#loader.load(() => readPicture(file, limits), (picture) => {
          session.setPicture(picture);
          if (count > 1) banner.show(text("one_picture", { count }));
        });
      },
      refuse: (problem) => banner.show(text(problem)),
    });
  }

  /** A picture is being read. */
  get loading(): boolean { return this.#loader.busy; }

  /** Decode a picture, then use it, unless it was dropped or another one was asked for meanwhile. */
  decode(base64: string, use: (picture: Picture) => void): void {
    void this.#loader.load(() => decodePicture(base64), use);
  }

  /** Forget the picture that is being read. */
  drop(): void { this.#loader.drop(); }
}
