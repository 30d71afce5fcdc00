// The model in use, and the list of models, which may change while the page is open.

import {
  modelFigures, versionOf, type ModelDescription, type ModelVersion,
} from "../recognition/model.ts";
import type { Failure, Server } from "../recognition/server.ts";
import type { Banner } from "./banner.ts";
import { modelSentence } from "./model_texts.ts";
import type { Text } from "./texts.ts";

type Models = Pick<Server, "describe_model">;
type Listed = Pick<ModelDescription, "models" | "cards">;

const CURRENT = 60_000; // milliseconds for which a description counts as current

export interface PickerEvents {
  /** another model, or other weights, are in use */
  use(description: ModelDescription): void;
  /** a model is waited for, or no longer; see `waiting` */
  wait(): void;
}

export class ModelPicker {
  readonly #root: HTMLElement;
  readonly #select: HTMLSelectElement;
  readonly #server: Models;
  readonly #banner: Banner;
  readonly #text: Text;
  readonly #fallback: string;
  readonly #on: PickerEvents;
  #name: string;
  #current: ModelVersion | null = null;
  #wanted: string;
  #refreshing = false;
  #refreshAgain = false; // asked meanwhile: the reply may be of before
  #describedAt = -Infinity;

  /**
   * @param root gets data-model once the first model is in use
   * @param fallback name of the default model
   */
  constructor(
    root: HTMLElement, select: HTMLSelectElement, server: Models, banner: Banner, text: Text,
    fallback: string, on: PickerEvents,
  ) {
    this.#root = root;
    this.#select = select;
    this.#server = server;
    this.#banner = banner;
    this.#text = text;
    this.#fallback = fallback;
    this.#on = on;
    this.#name = this.#wanted = fallback;
    select.addEventListener("change", () => {
      if (select.value === this.#name && this.#current) this.#stay();
      else this.use(select.value);
    });
    const refresh = () => void this.#refresh();
    for (const event of ["pointerenter", "pointerdown", "focus"]) {
      select.addEventListener(event, refresh);
    }
    window.addEventListener("focus", refresh);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  }

  /** Name of the model in use. */
  get name(): string { return this.#name; }

  /** The model in use; null until the server has described the first one. */
  get current(): ModelVersion | null { return this.#current; }

  /** Name of the model that is waited for while another one is in use; else null. */
  get waiting(): string | null {
    return this.#current && this.#wanted !== this.#name ? this.#wanted : null;
  }

  /** Use the model of an earlier visit first. */
  start(name: string = this.#fallback): void {
    this.#name = name;
    void this.#use(name);
  }

  /** Switch to a model once the server has described it; until then the present one is used. */
  use(name: string): void { void this.#use(name); }

  /** Notice other weights and other models, unless that was asked a moment ago. */
  keepCurrent(): void {
    if (performance.now() - this.#describedAt >= CURRENT) void this.#refresh();
  }

  /** message: shown when the model is in use. */
  async #use(name: string, message = ""): Promise<void> {
    this.#wanted = name;
    this.#on.wait();
    const reply = await this.#describe(name);
    if (name !== this.#wanted) return;
    if (!reply) {
      this.#banner.setConnectionLost("model", true);
      setTimeout(() => { if (name === this.#wanted) void this.#use(name, message); }, 1000);
      return;
    }
    this.#banner.setConnectionLost("model", false);
    if ("error" in reply) this.#replaceUnusable(name, reply);
    else this.#adopt(name, reply, message);
    this.#on.wait();
  }

  /** The user does not wait for another model any more. */
  #stay(): void {
    this.#wanted = this.#name;
    this.#banner.setConnectionLost("model", false);
    this.#on.wait();
    void this.#refresh();
  }

  #adopt(name: string, reply: ModelDescription, message = ""): void {
    this.#name = name;
    this.#current = versionOf(name, reply);
    this.#list(reply);
    this.#on.use(reply);
    this.#root.dataset.model = name;
    if (message) this.#banner.show(message);
  }

  /** A model cannot be used: keep the present one, or where that is the one, take the default. */
  #replaceUnusable(name: string, reply: Failure): void {
    const other = name === this.#name ? this.#fallback : this.#name;
    const message = reply.gone ? this.#text("withdrawn", { name, other })
      : this.#text("unusable", { name, reason: reply.error });
    this.#wanted = this.#name;
    this.#select.value = this.#name;
    if (other === name) this.#banner.show(message);
    else void this.#use(other, message); // also updates the list of models
  }

  #list({ models, cards }: Listed): void {
    const options = models.map((name) => this.#option(name, cards[name]));
    const texts = (list: Iterable<HTMLOptionElement>) => [...list].map(({ text }) => text).join("\n");
    // replacing the options would disturb an open list, so only if they differ
    if (texts(this.#select.options) !== texts(options)) {
      for (const option of [...this.#select.options]) option.remove(); // not the list's button
      this.#select.append(...options);
    }
    this.#select.value = this.#name;
  }

  /** Name, accuracy and size of a model, and a sentence, which the closed list does not show. */
  #option(name: string, card: Listed["cards"][string] | undefined): HTMLOptionElement {
    const option = new Option("", name);
    const append = (tag: string, ...texts: string[]) => {
      const part = document.createElement(tag);
      const separator = document.createElement("i");
      separator.textContent = " · ";
      part.append(...(option.hasChildNodes() ? [separator] : []), texts.join(" · "));
      option.append(part);
    };
    append("b", name);
    if (card) {
      append("span", ...modelFigures(card));
      append("small", modelSentence(card, this.#text));
    }
    return option;
  }

  /** Update the list of models, and the model in use if its weights were replaced. */
  async #refresh(): Promise<void> {
    const settled = this.#wanted === this.#name && this.#current !== null;
    if (this.#refreshing) this.#refreshAgain = true;
    if (this.#refreshing || !settled || !this.#root.isConnected) return;
    this.#refreshing = true;
    try {
      do {
        this.#refreshAgain = false;
        this.#update(await this.#describe(this.#name));
      } while (this.#refreshAgain);
    } finally {
      this.#refreshing = false;
    }
  }

  #update(reply: ModelDescription | Failure | undefined): void {
    // a lost connection is reported when a drawing needs it
    if (!reply || this.#wanted !== this.#name) return;
    if ("error" in reply) this.#replaceUnusable(this.#name, reply);
    else if (reply.version !== this.#current?.version) this.#adopt(this.#name, reply);
    else this.#list(reply);
  }

  /** The server's description of a model; undefined if there is no response. */
  async #describe(name: string): Promise<ModelDescription | Failure | undefined> {
    this.#describedAt = performance.now();
    try {
      return await this.#server.describe_model({ model: name });
    } catch (error) {
      console.warn(error);
      return undefined;
    }
  }
}
