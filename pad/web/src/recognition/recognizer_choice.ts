// Recognition in the browser where that is possible, else by the server.

import type { BrowserRecognizer } from "./browser_recognizer.ts";
import type { Kernel, ModelVersion } from "./model.ts";
import type {
  Answer, AskOptions, CanvasAnswer, CanvasClassifier, Question, Recognizer,
} from "./recognizer.ts";

/** Where a model runs: "loading" is on the server until the browser has loaded it. */
export type Place = "browser" | "loading" | "server";

type Browser = Pick<
  BrowserRecognizer,
  "isReady" | "isLoading" | "prepare" | "loaded" | "recognize" | "kernel" | "classifyCanvases">;

export class RecognizerChoice implements Recognizer, CanvasClassifier {
  readonly #browser: Browser;
  readonly #server: Recognizer & CanvasClassifier;

  constructor(browser: Browser, server: Recognizer & CanvasClassifier) {
    this.#browser = browser;
    this.#server = server;
  }

  place(model: ModelVersion): Place {
    if (this.#browser.isReady(model)) return "browser";
    return this.#browser.isLoading(model) ? "loading" : "server";
  }

  /** Answer as soon as the browser can, and ask the server only where it cannot. */
  async recognizeInBrowser(question: Question, options: AskOptions): Promise<Answer | undefined> {
    this.#browser.prepare(question.model);
    await this.#browser.loaded(question.model);
    return this.recognize(question, options);
  }

  async recognize(question: Question, options: AskOptions): Promise<Answer | undefined> {
    const { picture } = question.drawing;
    const decoded = !picture || picture.bitmap !== null;
    this.#browser.prepare(question.model);
    if (decoded && this.#browser.isReady(question.model)) {
      try {
        return await this.#browser.recognize(question, options);
      } catch {
        // it has reported why; the server answers
      }
    }
    return this.#server.recognize(question, options);
  }

  /** A feature map's kernel; undefined where the browser does not have it. */
  async kernel(model: ModelVersion, layer: string, channel: number): Promise<Kernel | undefined> {
    if (!this.#browser.isReady(model)) return undefined;
    return this.#browser.kernel(model, layer, channel).catch(() => undefined);
  }

  async classifyCanvases(
    model: ModelVersion, canvases: readonly Uint8Array[], signal: AbortSignal,
  ): Promise<CanvasAnswer[] | undefined> {
    if (this.#browser.isReady(model)) {
      const found = await this.#browser.classifyCanvases(model, canvases, signal)
        .catch(() => undefined);
      if (found || signal.aborted) return found;
    }
    return this.#server.classifyCanvases(model, canvases, signal);
  }
}
