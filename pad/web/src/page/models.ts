// The model in use: chosen by the user, and run in the browser where that is possible.

import { BrowserRecognizer } from "../recognition/browser_recognizer.ts";
import type { Kernel, ModelDescription, ModelVersion } from "../recognition/model.ts";
import { workerOptions } from "../recognition/page_worker.ts";
import type { Recognizer } from "../recognition/recognizer.ts";
import { RecognizerChoice, type Place } from "../recognition/recognizer_choice.ts";
import type { Server } from "../recognition/server.ts";
import { ServerRecognizer } from "../recognition/server_recognizer.ts";
import { ModelPicker } from "../ui/model_picker.ts";
import { modelFacts } from "../ui/model_texts.ts";
import { whenIdle } from "../ui/when_idle.ts";
import type { PageContext } from "./context.ts";

type Context = Pick<PageContext, "root" | "part" | "props" | "text" | "banner" | "server">;

export interface ModelEvents {
  /** the user chooses a model */
  choose(): void;
  /** another model, or other weights, are in use */
  use(description: ModelDescription): void;
  /** `place`, `picturesFail` or `waiting` may have changed */
  place(): void;
}

export class Models {
  readonly recognizer: RecognizerChoice;
  /**
   * For models beside the one in use. Where that runs in the browser, the page says that nothing
   * leaves it: a drawing is not sent to the server while the browser loads another model.
   */
  readonly others: Recognizer = {
    recognize: (question, options) => this.place === "browser"
      ? this.recognizer.recognizeInBrowser(question, options)
      : this.recognizer.recognize(question, options),
  };
  readonly #server: Server;
  readonly #browser: BrowserRecognizer;
  readonly #picker: ModelPicker;

  constructor({ root, part, props, text, banner, server }: Context, on: ModelEvents) {
    this.#server = server;
    this.#browser = new BrowserRecognizer({
      ...workerOptions(props.files), ink: props.ink, limits: props.row_limits, change: on.place,
    });
    this.recognizer = new RecognizerChoice(
      this.#browser, new ServerRecognizer(server, props.row_limits));
    // by the keyboard or another finger; a model that is replaced by itself disturbs no stroke
    part.model.addEventListener("change", on.choose);
    this.#picker = new ModelPicker(root, part.model, server, banner, text, props.default_model, {
      use: (description) => {
        const { name } = this;
        const card = description.cards[name];
        part["model-about"].textContent =
          card ? text("about_model", { name, facts: modelFacts(card, text) }) : "";
        // not what was said before the first model: that the link just opened is damaged
        if (root.dataset.model) banner.clear();
        on.use(description);
        whenIdle(() => this.prepare());
      },
      wait: on.place,
    });
  }

  /** Name of the model in use. */
  get name(): string { return this.#picker.name; }

  /** The model in use; null until the server has described the first one. */
  get current(): ModelVersion | null { return this.#picker.current; }

  /** Name of the model that is waited for while another one is in use; else null. */
  get waiting(): string | null { return this.#picker.waiting; }

  /** Where the model in use runs. */
  get place(): Place { return this.current ? this.recognizer.place(this.current) : "loading"; }

  /** The graphs for pictures could not be loaded when the last picture was read. */
  get picturesFail(): boolean { return this.#browser.picturesFail; }

  /** Use the model of an earlier visit first. */
  start(name?: string): void { this.#picker.start(name); }

  /** Switch to a model once the server has described it; until then the present one is used. */
  use(name: string): void { this.#picker.use(name); }

  /** Notice other weights and other models, unless that was asked a moment ago. */
  keepCurrent(): void { this.#picker.keepCurrent(); }

  /** Load a model in the browser; without an argument the one in use. */
  prepare(model = this.current): void { if (model) this.#browser.prepare(model); }

  /** The server answers again: what the browser could not load is loaded when it is needed. */
  reload(): void { this.#browser.forgetFailures(); }

  /** The kernel that computes a map of the model in use; undefined if it cannot be had. */
  async kernel(layer: string, channel: number): Promise<Kernel | undefined> {
    const model = this.current;
    if (!model) return undefined;
    const kernel = await this.recognizer.kernel(model, layer, channel);
    if (kernel) return kernel;
    const reply = await this.#server.kernel({
      model: model.name, version: model.version, layer, channel,
    }).catch(() => undefined);
    if (reply && !("error" in reply)) return reply;
    if (reply?.stale) this.use(this.name);
    return undefined;
  }
}
