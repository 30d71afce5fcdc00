// One stage of the network: a button for each of its feature maps.

import type { FeatureMaps } from "../recognition/recognizer.ts";
import type { Stage } from "../recognition/model.ts";
import { find } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import { paintGreys, type ColourScale } from "./colour.ts";

export interface StageEvents {
  /** the maps became visible or invisible */
  toggle(): void;
  /** a map was pressed */
  choose(channel: number): void;
}

interface MapButton { button: HTMLButtonElement; canvas: HTMLCanvasElement }

export class StageView {
  readonly element = document.createElement("div");
  readonly stage: Stage;
  /** where an enlarged map is shown */
  readonly detail: HTMLElement;
  readonly #caption: HTMLButtonElement;
  readonly #range: HTMLElement;
  readonly #maps: readonly MapButton[];
  #open = false;

  constructor(stage: Stage, open: boolean, text: Text, on: StageEvents) {
    this.stage = stage;
    const { name, shape: [channels, height, width] } = stage;
    this.element.className = "stage layer";
    this.element.dataset.stage = name;
    this.element.innerHTML = `<button type="button" class="caption" aria-expanded="false">
      <b>${name}</b><span>${channels} × ${height}×${width}</span><span class="range"></span></button>
      <div class="body"><div class="maps"></div><div class="detail" hidden></div></div>`;
    this.detail = find(this.element, ".detail", HTMLElement);
    this.#caption = find(this.element, ".caption", HTMLButtonElement);
    this.#range = find(this.element, ".range", HTMLElement);
    this.#maps = Array.from({ length: channels }, (_, channel) => {
      const label = text("map", { name, channel });
      return mapButton(stage, channel, label, () => on.choose(channel));
    });
    find(this.element, ".maps", HTMLElement).append(...this.#maps.map(({ button }) => button));
    this.#caption.addEventListener("click", () => {
      this.#setOpen(!this.#open);
      on.toggle();
    });
    this.#setOpen(open);
  }

  get open(): boolean { return this.#open; }

  /** maps: null for a blank drawing, or where they were not asked for. */
  show(maps: FeatureMaps | null, scale: ColourScale): void {
    const [, height, width] = this.stage.shape;
    this.#range.textContent = maps ? `0 … ${maps.top.toFixed(2)}` : "";
    this.#maps.forEach(({ canvas }, channel) =>
      paintGreys(canvas, mapPixels(this.stage, maps, channel), width, height, scale));
  }

  setPressed(channel: number, pressed: boolean): void {
    this.#maps[channel].button.setAttribute("aria-pressed", String(pressed));
  }

  focusMap(channel: number): void { this.#maps[channel].button.focus(); }

  #setOpen(open: boolean): void {
    this.#open = open;
    this.element.classList.toggle("open", open);
    this.#caption.setAttribute("aria-expanded", String(open));
  }
}

/** Greys of one map; black where there are no maps. */
export function mapPixels(
  { shape: [, height, width] }: Stage, maps: FeatureMaps | null, channel: number,
): Uint8Array {
  const area = height * width;
  return maps ? maps.pixels.subarray(channel * area, (channel + 1) * area) : new Uint8Array(area);
}

function mapButton(
  { shape: [, height, width] }: Stage, channel: number, label: string, choose: () => void,
): MapButton {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "map";
  button.setAttribute("aria-label", label);
  button.setAttribute("aria-pressed", "false");
  button.innerHTML =
    `<canvas class="crisp" width="${width}" height="${height}"></canvas><span>${channel}</span>`;
  button.addEventListener("click", choose);
  return { button, canvas: find(button, "canvas", HTMLCanvasElement) };
}
