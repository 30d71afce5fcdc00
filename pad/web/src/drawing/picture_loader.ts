// Pictures take a while to read. Only the latest one counts, and only while nothing else is begun.

import type { Picture } from "./drawing.ts";

export interface LoaderEvents {
  /** a picture is being read, or no longer; see `busy` */
  busy(): void;
  /** the picture that is waited for cannot be used */
  failed(error: unknown): void;
}

export class PictureLoader {
  readonly #on: LoaderEvents;
  #latest: symbol | null = null;

  constructor(on: LoaderEvents) { this.#on = on; }

  /** A picture is being read. */
  get busy(): boolean { return this.#latest !== null; }

  /** Read a picture, then use it, unless it was dropped or another one was asked for meanwhile. */
  async load(read: () => Promise<Picture>, use: (picture: Picture) => void): Promise<void> {
    const mine = this.#latest = Symbol("picture");
    this.#on.busy();
    try {
      const picture = await read();
      if (this.#latest === mine) use(picture);
    } catch (error) {
      if (this.#latest === mine) this.#on.failed(error);
    } finally {
      if (this.#latest === mine) this.drop();
    }
  }

  /** Forget the picture that is being read. */
  drop(): void {
    if (!this.#latest) return;
    this.#latest = null;
    this.#on.busy();
  }
}
