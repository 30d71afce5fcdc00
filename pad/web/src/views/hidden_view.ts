// The hidden layer: one cell for each of its units.

import type { FeatureMaps } from "../recognition/recognizer.ts";
import { find } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import { MapPainter, type Grid } from "./map_painter.ts";
import type { Look } from "./stage_view.ts";
import { extent } from "./tiling.ts";

export class HiddenView {
  readonly element = document.createElement("div");
  readonly count: number;
  readonly #order: readonly number[];
  readonly #canvas: HTMLCanvasElement;
  readonly #painter: MapPainter;
  #grid: Grid = { columns: 1, tile: 1, gap: 0 };

  /** count: number of units; inputs: of numbers that each takes */
  constructor(count: number, inputs: number, text: Text) {
    this.count = count;
    this.element.className = "stage hidden-layer";
    this.element.dataset.stage = "hidden";
    const values = { count, inputs: inputs.toLocaleString("en") };
    this.element.innerHTML = `<div class="caption" title="${text("hidden_help", values)}">
      <b>${text("hidden")}</b><span>${text("hidden_units", values)}</span>
      <span>${text("hidden_technical", values)}</span></div>
      <canvas role="img" aria-label="${text("hidden_help", values)}"></canvas>`;
    this.#order = Array.from({ length: count }, (_, unit) => unit);
    this.#canvas = find(this.element, "canvas", HTMLCanvasElement);
    this.#painter = new MapPainter(this.#canvas, [count, 1, 1]);
  }

  layOut(grid: Grid): void {
    this.#grid = grid;
    const width = extent(grid.columns, grid.tile, grid.gap);
    this.element.style.setProperty("--width", `${width}px`);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${extent(Math.ceil(this.count / grid.columns), grid.tile, grid.gap)}px`;
  }

  /** hidden: null where it is not known */
  show(hidden: FeatureMaps | null, { colours }: Look): void {
    if (hidden) this.#painter.paint(hidden, this.#order, "stage", colours, this.#grid);
  }
}
