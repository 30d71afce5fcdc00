// One stage of the network: all its feature maps, and a button on each of them.

import type { Stage } from "../recognition/model.ts";
import type { FeatureMaps } from "../recognition/recognizer.ts";
import { find } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import type { ColourScale } from "./colour.ts";
import { MapPainter, type Grid } from "./map_painter.ts";
import { mapOrder, type MapOrder, type MapScale } from "./maps.ts";
import { pixelAt, type Pixel } from "./receptive_field.ts";
import { RovingGroup } from "./roving.ts";
import { stageCaption } from "./stage_caption.ts";
import { extent } from "./tiling.ts";

export interface StageEvents {
  /** the pointer or the focus is on a pixel of a map; null: it has left */
  point(channel: number, pixel: Pixel | null): void;
  /** a map was pressed, by a pointer or a key */
  choose(channel: number, pixel: Pixel, byKey: boolean): void;
}

export interface Look {
  readonly scale: MapScale;
  readonly colours: ColourScale;
}

export class StageView {
  readonly element = document.createElement("div");
  readonly stage: Stage;
  readonly #text: Text;
  readonly #range: HTMLElement;
  readonly #maps: HTMLElement;
  readonly #buttons: readonly HTMLButtonElement[];
  readonly #roving: RovingGroup;
  readonly #painter: MapPainter;
  #grid: Grid = { columns: 1, tile: 1, gap: 0 };
  #order: readonly number[];
  #pressed: number | null = null;

  constructor(stage: Stage, text: Text, on: StageEvents) {
    this.stage = stage;
    this.#text = text;
    const { name, shape: [channels] } = stage;
    this.element.className = "stage layer";
    this.element.dataset.stage = name;
    this.element.innerHTML = `${stageCaption(stage, text)}
      <div class="maps" role="group"><canvas aria-hidden="true"></canvas></div>
      <p class="range"></p>`;
    this.#range = find(this.element, ".range", HTMLElement);
    this.#maps = find(this.element, ".maps", HTMLElement);
    this.#maps.setAttribute("aria-label", text("maps", { name }));
    this.#order = Array.from({ length: channels }, (_, channel) => channel);
    this.#buttons = this.#order.map((_, place) => this.#mapButton(place, on));
    this.#maps.append(...this.#buttons);
    this.#roving = new RovingGroup(this.#maps, this.#buttons);
    this.#painter = new MapPainter(find(this.element, "canvas", HTMLCanvasElement), stage.shape);
    this.#label();
  }

  layOut(grid: Grid): void {
    this.#grid = grid;
    const { columns, tile, gap } = grid;
    const rows = Math.ceil(this.#buttons.length / columns);
    this.#roving.columns = columns;
    this.element.style.setProperty("--width", `${extent(columns, tile, gap)}px`);
    this.#maps.style.width = `${extent(columns, tile, gap)}px`;
    this.#maps.style.height = `${extent(rows, tile, gap)}px`;
    this.#maps.style.gap = `${gap}px`;
    this.#maps.style.gridTemplateColumns = `repeat(${columns}, ${tile}px)`;
    this.#maps.style.gridAutoRows = `${tile}px`;
  }

  /** maps: null for a blank drawing. */
  show(maps: FeatureMaps | null, { scale, colours }: Look): void {
    this.#range.textContent =
      maps && scale === "stage" ? `0 … ${maps.top.toFixed(2)}` : "";
    if (maps) this.#painter.paint(maps, this.#order, scale, colours, this.#grid);
  }

  /** Lay the maps out in another order. */
  sort(maps: FeatureMaps, order: MapOrder): void {
    this.#order = mapOrder(maps, order);
    this.#label();
  }

  /** Mark one map as the chosen one; null: none. */
  press(channel: number | null): void {
    this.#pressed = channel;
    this.#buttons.forEach((button, place) =>
      button.setAttribute("aria-pressed", String(this.#order[place] === channel)));
  }

  focusMap(channel: number): void { this.#buttons[this.#order.indexOf(channel)].focus(); }

  #label(): void {
    this.#buttons.forEach((button, place) => {
      const channel = this.#order[place];
      button.setAttribute("aria-label", this.#text("map", { name: this.stage.name, channel }));
    });
    this.press(this.#pressed);
  }

  #mapButton(place: number, on: StageEvents): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "map";
    const point = (event: MouseEvent) => on.point(this.#order[place], this.#pixel(button, event));
    button.addEventListener("pointermove", point);
    button.addEventListener("pointerleave", () => on.point(this.#order[place], null));
    button.addEventListener("focus", (event) => {
      if (button.matches(":focus-visible")) on.point(this.#order[place], this.#middle());
      event.stopPropagation();
    });
    button.addEventListener("blur", () => on.point(this.#order[place], null));
    button.addEventListener("click", (event) => {
      const byKey = event.detail === 0;
      on.choose(this.#order[place], byKey ? this.#middle() : this.#pixel(button, event), byKey);
    });
    return button;
  }

  /** The pixel of the map under the pointer. */
  #pixel(button: HTMLElement, { clientX, clientY }: MouseEvent): Pixel {
    const { shape: [, height, width] } = this.stage;
    return pixelAt(button.getBoundingClientRect(), clientX, clientY, height, width);
  }

  #middle(): Pixel {
    const { shape: [, height, width] } = this.stage;
    return { row: Math.floor(height / 2), column: Math.floor(width / 2) };
  }
}
