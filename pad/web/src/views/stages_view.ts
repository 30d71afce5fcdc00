// The network's stages in order, the hidden layer and the outputs, all live.

import type { ModelDescription } from "../recognition/model.ts";
import type { Reading } from "../recognition/recognizer.ts";
import type { Text } from "../ui/texts.ts";
import { HiddenView } from "./hidden_view.ts";
import type { MapOrder } from "./maps.ts";
import { OutputView } from "./output_view.ts";
import type { Pixel } from "./receptive_field.ts";
import { WORDS_WIDTH } from "./stage_caption.ts";
import { StageView, type Look } from "./stage_view.ts";
import { stageWidth, stripGrids, type StripSize } from "./strip_layout.ts";

/** A pixel of a map. */
export interface MapPixel {
  readonly view: StageView;
  readonly channel: number;
  readonly pixel: Pixel;
}

export interface StagesEvents {
  point(place: MapPixel | null): void;
  choose(place: MapPixel, byKey: boolean): void;
}

export class StagesView {
  readonly #host: HTMLElement;
  readonly #text: Text;
  readonly #on: StagesEvents;
  #stages: readonly StageView[] = [];
  #hidden: HiddenView | null = null;
  #output: OutputView | null = null;

  constructor(host: HTMLElement, text: Text, on: StagesEvents) {
    this.#host = host;
    this.#text = text;
    this.#on = on;
  }

  get names(): string[] { return this.#stages.map(({ stage }) => stage.name); }

  /** Lay out another network. */
  build({ stages, head }: Pick<ModelDescription, "stages" | "head">): void {
    this.#stages = stages.map((stage) => {
      const view: StageView = new StageView(stage, this.#text, {
        point: (channel, pixel) => this.#on.point(pixel && { view, channel, pixel }),
        choose: (channel, pixel, byKey) => this.#on.choose({ view, channel, pixel }, byKey),
      });
      return view;
    });
    this.#hidden = head.length > 2 ? new HiddenView(head[1], head[0], this.#text) : null;
    this.#output = new OutputView(head[head.length - 2], this.#text);
    const views = [...this.#stages, ...(this.#hidden ? [this.#hidden] : []), this.#output];
    this.#host.replaceChildren(...views.map(({ element }) => element));
  }

  /** Returns whether the stages are one below the other, also where there is no room beside. */
  layOut(size: StripSize): boolean {
    const counts = this.#stages.map(({ stage }) => stage.shape[0]);
    const sides = this.#stages.map(({ stage }) => stage.shape[1]);
    const { stages, hidden, gap, spacing, column } =
      stripGrids(counts, this.#hidden?.count ?? 0, size, sides);
    this.#host.style.setProperty("--stage-gap", `${gap}px`);
    // all captions are of one kind
    const room = Math.min(...stages.map(stageWidth)) + spacing;
    this.#host.classList.toggle("short-captions", !column && room < WORDS_WIDTH);
    this.#stages.forEach((view, index) => view.layOut(stages[index]));
    if (hidden) this.#hidden?.layOut(hidden);
    return column;
  }

  /** reading: null for a blank drawing. */
  show(reading: Reading | null, look: Look): void {
    for (const view of this.#stages) view.show(reading?.maps[view.stage.name] ?? null, look);
    this.#hidden?.show(reading?.hidden ?? null, look);
    this.#output?.show(reading?.prediction ?? null);
  }

  /** Order every stage's maps as they are in a reading. */
  sort(reading: Reading, order: MapOrder): void {
    for (const view of this.#stages) {
      const maps = reading.maps[view.stage.name];
      if (maps) view.sort(maps, order);
    }
  }
}

