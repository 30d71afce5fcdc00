// Another model on the same drawing, side by side with the one in use.

import type { Drawing } from "../drawing/drawing.ts";
import type { InkFormat } from "../recognition/ink.ts";
import {
  modelLabel, versionOf, type ModelDescription, type ModelVersion,
} from "../recognition/model.ts";
import { Recognition } from "../recognition/recognition.ts";
import type { Recognizer } from "../recognition/recognizer.ts";
import type { Failure, Server } from "../recognition/server.ts";
import { modelFacts } from "../ui/model_texts.ts";
import { find } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import { PredictionView } from "./prediction_view.ts";

const PAUSE = 2000; // milliseconds until a server that has not answered is asked again

export class Comparison {
  readonly #host: HTMLElement;
  readonly #text: Text;
  readonly #server: Pick<Server, "describe_model">;
  readonly #select: HTMLSelectElement;
  readonly #recognition: Recognition;
  readonly #view: PredictionView;
  readonly #onReady: (other: ModelVersion) => void;
  #cards: ModelDescription["cards"] = {};
  #inUse = "";
  #other: ModelVersion | null = null;
  #asked: { readonly name: string } | null = null; // the model that the server is asked about

  /** onReady: another model can classify the drawing. */
  constructor(
    host: HTMLElement, text: Text, server: Pick<Server, "describe_model">, recognizer: Recognizer,
    ink: InkFormat, onReady: (other: ModelVersion) => void,
  ) {
    this.#host = host;
    this.#text = text;
    this.#server = server;
    this.#onReady = onReady;
    this.#select = find(host, "select", HTMLSelectElement);
    this.#select.addEventListener("change", () => void this.#use(this.#select.value));
    const part = (name: string) => find(host, `.other-${name}`, HTMLElement);
    const view = new PredictionView({
      bars: part("bars"), digit: part("digit"), confidence: part("confidence"), note: part("note"),
      announcement: document.createElement("p"), // the model in use is announced, not this one
    }, text);
    this.#view = view;
    this.#recognition = new Recognition(recognizer, ink, {
      reading: (reading) => view.show(reading),
      blank: () => view.clear(),
      stale: () => void this.#use(this.#select.value),
      error: () => view.clear(),
      connection: () => {},
      idle: () => this.#showBusy(),
    });
  }

  /** Another model is in use. */
  offer(name: string, { models, cards }: Pick<ModelDescription, "models" | "cards">): void {
    this.#inUse = name;
    this.#cards = cards;
    const chosen = this.#select.value;
    const others = models.filter((other) => other !== name);
    this.#select.replaceChildren(
      ...others.map((other) => new Option(modelLabel(other, cards[other]), other)));
    this.#host.classList.toggle("alone", others.length === 0);
    this.#other = this.#asked = null;
    const preferred = [chosen, "mnist_cnn"].find((one) => others.includes(one)); // the article's
    if (preferred !== undefined) this.#select.value = preferred;
    this.#describe();
  }

  /** Classify a drawing with the other model as well. */
  request(drawing: Drawing, digit: number | null): void {
    if (!this.#other) {
      if (this.#select.value) void this.#use(this.#select.value);
      return;
    }
    this.#recognition.request(drawing, this.#other, [], digit);
    this.#showBusy();
  }

  /** Answers to earlier questions are about another drawing. */
  discard(): void { this.#recognition.discard(); }

  async #use(name: string): Promise<void> {
    this.#recognition.discard();
    this.#other = null;
    this.#view.clear(); // it was another model's
    if (this.#asked?.name === name) return; // for an earlier drawing
    const asked = this.#asked = { name };
    this.#describe();
    const reply = await this.#ask(asked);
    if (this.#asked !== asked) return;
    this.#asked = null;
    this.#describe();
    if (!reply || "error" in reply) { // asked again for the next drawing
      if (reply) this.#say(this.#text("unusable", { name, reason: reply.error }));
      this.#showBusy();
      return;
    }
    this.#other = versionOf(name, reply);
    this.#onReady(this.#other);
  }

  /** The server's description of a model; undefined once it is not looked at any more. */
  async #ask(asked: { readonly name: string }): Promise<ModelDescription | Failure | undefined> {
    while (this.#asked === asked) {
      this.#host.setAttribute("aria-busy", "true");
      const reply = await this.#server.describe_model({ model: asked.name }).catch(() => undefined);
      if (reply || this.#host.hidden) return reply;
      if (this.#asked === asked) {
        this.#say(this.#text("lost"));
        this.#showBusy();
      }
      await new Promise((done) => setTimeout(done, PAUSE));
    }
    return undefined;
  }

  #say(message: string): void {
    find(this.#host, ".about", HTMLElement).textContent = message;
  }

  #describe(): void {
    const about = (name: string) => {
      const card = this.#cards[name];
      return card ? this.#text("about_model", { name, facts: modelFacts(card, this.#text) }) : name;
    };
    const names = [this.#inUse, this.#select.value].filter(Boolean);
    this.#say(names.map(about).join("\n"));
  }

  #showBusy(): void {
    this.#host.setAttribute("aria-busy", String(!this.#recognition.idle));
  }
}
