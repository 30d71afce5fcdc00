// One feature map enlarged, one of its pixels, and what that pixel is computed from.

import type { Kernel, Stage } from "../recognition/model.ts";
import type { FeatureMaps } from "../recognition/recognizer.ts";
import { find } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import { paintGreys, type ColourScale } from "./colour.ts";
import { decimal } from "./decimal.ts";
import { kernelPicture } from "./kernel_picture.ts";
import { mapGreys, type MapScale } from "./maps.ts";
import { productTable } from "./product_table.ts";
import { frameBox, inputPatch, pixelAt, type InputScale, type Pixel } from "./receptive_field.ts";
import { nextIndex } from "./roving.ts";

export interface DetailEvents {
  /** another pixel is looked at */
  move(pixel: Pixel): void;
  close(): void;
}

export class MapDetail {
  readonly element = document.createElement("section");
  readonly stage: Stage;
  readonly channel: number;
  readonly #text: Text;
  readonly #input: InputScale;
  readonly #large: HTMLCanvasElement;
  readonly #on: DetailEvents;
  #pixel: Pixel;
  #kernel: Kernel | null = null;
  #kernelColours: ColourScale | null = null;
  #maps: FeatureMaps | null = null;
  #frame: Uint8Array | null = null;

  constructor(
    stage: Stage, channel: number, pixel: Pixel, input: InputScale, text: Text, on: DetailEvents,
  ) {
    this.stage = stage;
    this.channel = channel;
    this.#pixel = pixel;
    this.#input = input;
    this.#text = text;
    this.#on = on;
    this.element.className = "detail";
    this.element.dataset.stage = stage.name;
    this.element.innerHTML = `
      <figure class="enlarged"><canvas class="crisp large" tabindex="0" role="application"></canvas>
        <i class="pixel"></i></figure>
      <div class="facts"><h2></h2><p class="value"></p><p class="sees"></p></div>
      <figure class="weights"><canvas class="crisp kernel"></canvas><div class="product"></div>
        <figcaption></figcaption></figure>
      <button type="button" class="close" aria-label="${text("close")}">×</button>`;
    this.#large = find(this.element, ".large", HTMLCanvasElement);
    this.#large.setAttribute("aria-label", text("enlarged", { name: stage.name, channel }));
    find(this.element, ".close", HTMLElement).addEventListener("click", on.close);
    this.element.addEventListener("keydown", (event) => this.#key(event));
    for (const kind of ["pointermove", "pointerdown"] as const) {
      this.#large.addEventListener(kind, (event) => this.#point(event));
    }
  }

  get pixel(): Pixel { return this.#pixel; }

  /** Let the arrow keys move the pixel that is looked at. */
  focus(): void { this.#large.focus(); }

  /** maps, frame: null for a blank drawing. */
  show(
    maps: FeatureMaps | null, frame: Uint8Array | null, scale: MapScale, colours: ColourScale,
  ): void {
    this.#maps = maps;
    this.#frame = frame;
    const [, height, width] = this.stage.shape;
    const greys = maps ? mapGreys(maps, this.channel, scale) : new Uint8Array(height * width);
    paintGreys(this.#large, greys, width, height, colours);
    this.#write();
  }

  showKernel(kernel: Kernel, colours: ColourScale): void {
    this.#kernel = kernel;
    this.#kernelColours = colours;
    const { greys, width, height } = kernelPicture(kernel);
    const canvas = find(this.element, ".kernel", HTMLCanvasElement);
    canvas.hidden = kernel.shape[0] === 1;
    if (!canvas.hidden) paintGreys(canvas, greys, width, height, colours);
    this.#write();
  }

  /** The kernel cannot be had. */
  showFailure(): void {
    find(this.element, ".kernel", HTMLCanvasElement).hidden = true;
    this.#set("figcaption", this.#text("no_kernel"));
  }

  lookAt(pixel: Pixel): void {
    this.#pixel = pixel;
    this.#write();
    this.#on.move(pixel);
  }

  #write(): void {
    const { stage, channel } = this;
    const [, height, width] = stage.shape;
    const { row, column } = this.#pixel;
    const peak = this.#maps?.peaks[channel] ?? 0;
    this.#set("h2", this.#text("channel", { name: stage.name, channel, size: `${height}×${width}` }));
    const value = this.#value().toFixed(2);
    this.#set(".value", this.#text("pixel", { row, column, value, high: peak.toFixed(2) }));
    const box = frameBox(stage.field, this.#pixel);
    this.#set(".sees", this.#text("sees", {
      height: box.bottom - box.top, width: box.right - box.left, top: box.top, left: box.left,
    }));
    const marker = find(this.element, ".pixel", HTMLElement);
    marker.style.left = `${(100 * column) / width}%`;
    marker.style.top = `${(100 * row) / height}%`;
    marker.style.width = `${100 / width}%`;
    marker.style.height = `${100 / height}%`;
    this.#writeKernel();
  }

  #writeKernel(): void {
    if (!this.#kernel) return;
    const { shape: [count, rows, columns], weights } = this.#kernel;
    this.#set("figcaption", this.#text(count === 1 ? "kernel_product" : "kernel", {
      size: `${count > 1 ? `${count} × ` : ""}${rows}×${columns}`,
      low: decimal(Math.min(...weights), 2), high: decimal(Math.max(...weights), 2),
    }));
    const product = find(this.element, ".product", HTMLElement);
    product.replaceChildren();
    if (count !== 1 || !this.#frame || !this.#kernelColours) return;
    const patch = inputPatch(this.#frame, this.stage.field, this.#pixel, this.#input);
    product.append(...productTable(patch, weights, columns, this.#kernelColours));
  }

  /** The pixel's value, to the precision of the greys. */
  #value(): number {
    if (!this.#maps) return 0;
    const [, height, width] = this.stage.shape;
    const { row, column } = this.#pixel;
    const at = (this.channel * height + row) * width + column;
    return (this.#maps.pixels[at] / 255) * this.#maps.top;
  }

  #point(event: PointerEvent): void {
    const [, height, width] = this.stage.shape;
    const box = this.#large.getBoundingClientRect();
    this.lookAt(pixelAt(box, event.clientX, event.clientY, height, width));
  }

  #key(event: KeyboardEvent): void {
    const [, height, width] = this.stage.shape;
    const index = this.#pixel.row * width + this.#pixel.column;
    const next = nextIndex(event.key, index, height * width, width);
    if (event.target !== this.#large || next === null) return;
    event.preventDefault();
    this.lookAt({ row: Math.floor(next / width), column: next % width });
  }

  #set(selector: string, text: string): void {
    find(this.element, selector, HTMLElement).textContent = text;
  }
}
