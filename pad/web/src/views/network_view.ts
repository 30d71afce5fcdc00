// The network below the drawing area: what it sees, all its stages and its outputs, live.

import { CANVAS_SIZE } from "../drawing/drawing.ts";
import type { Kernel, ModelDescription } from "../recognition/model.ts";
import type { Reading } from "../recognition/recognizer.ts";
import { FrameTask } from "../ui/coalesced_task.ts";
import { find, type Parts } from "../ui/parts.ts";
import { isUsedElsewhere } from "../ui/shortcuts.ts";
import type { Text } from "../ui/texts.ts";
import { colourScale, paintGreys, type ColourScale } from "./colour.ts";
import { MapDetail } from "./map_detail.ts";
import { pressedChoice } from "./choice.ts";
import type { MapOrder, MapScale } from "./maps.ts";
import { FRAME_SIZE, frameBox, type InputScale } from "./receptive_field.ts";
import type { StageView } from "./stage_view.ts";
import { StagesView, type MapPixel } from "./stages_view.ts";

type NetworkParts = Pick<Parts,
  "network" | "stages" | "frame" | "field" | "ramp" | "readout" | "map-detail" | "model-facts"
  | "map-order" | "map-scale" | "drawing-size">;

export interface NetworkEvents {
  /** what was shown last is painted */
  painted(): void;
  /** a map is shown enlarged */
  open(): void;
  /** The kernel that computes a map; undefined if it cannot be had. */
  kernel(layer: string, channel: number): Promise<Kernel | undefined>;
}

/** The pixels between the strip's head and the maps: a margin and the captions. */
const ABOVE = 55;
/** The pixels that a page without scrolling has below the strip. */
const BELOW = 50;

export class NetworkView {
  readonly #part: NetworkParts;
  readonly #text: Text;
  readonly #on: NetworkEvents;
  readonly #input: InputScale;
  readonly #stages: StagesView;
  #colours: { readonly map: ColourScale; readonly kernel: ColourScale };
  #order: MapOrder = "channel";
  #scale: MapScale = "map";
  #reading: Reading | null = null;
  // once a frame: the maps take longest of all that is painted
  readonly #painting = new FrameTask(() => {
    this.#paint();
    this.#on.painted();
  });
  #chosen: { readonly view: StageView; readonly detail: MapDetail } | null = null;
  #kernel: Kernel | null = null;

  constructor(part: NetworkParts, text: Text, input: InputScale, on: NetworkEvents) {
    this.#part = part;
    this.#text = text;
    this.#input = input;
    this.#on = on;
    this.#colours = coloursOf(part.network);
    this.#stages = new StagesView(part.stages, text, {
      point: (place) => this.#point(place),
      choose: (place, byKey) => this.#choose(place, byKey),
    });
    part["drawing-size"].textContent = `${CANVAS_SIZE}×${CANVAS_SIZE}`;
    pressedChoice(part["map-order"], (order) => {
      this.#order = order as MapOrder;
      this.settle();
    });
    pressedChoice(part["map-scale"], (scale) => {
      this.#scale = scale as MapScale;
      this.#paint();
    });
    new ResizeObserver(() => this.#layOut()).observe(part.network);
    window.addEventListener("resize", () => this.#layOut());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** A reading is not painted yet. */
  get pending(): boolean { return this.#painting.pending; }

  /** Names of the stages whose maps are shown. */
  get layers(): string[] { return this.#stages.names; }

  /** Lay out another network. */
  build(model: ModelDescription): void {
    this.#close();
    this.#reading = null; // its maps are of another network
    this.#stages.build(model);
    this.#part["model-facts"].textContent = this.#text("model_facts", {
      architecture: model.architecture,
      parameters: model.parameters.toLocaleString("en"),
    });
    this.#layOut();
    this.show(null);
  }

  /** Show a reading; null for a blank drawing. */
  show(reading: Reading | null): void {
    const first = this.#reading === null;
    this.#reading = reading;
    this.#part.network.classList.toggle("blank", reading === null);
    if (first) this.#sort();
    this.#painting.request();
  }

  /** The pen is up: order the maps as they are now. */
  settle(): void {
    this.#sort();
    this.#paint();
  }

  /** Paint everything again in the colours of the present theme. */
  recolour(): void {
    this.#colours = coloursOf(this.#part.network);
    const ramp = Uint8Array.from({ length: 256 }, (_, grey) => grey);
    paintGreys(this.#part.ramp, ramp, 256, 1, this.#colours.map);
    if (this.#kernel) this.#chosen?.detail.showKernel(this.#kernel, this.#colours.kernel);
    this.#paint();
  }

  #sort(): void {
    if (this.#reading) this.#stages.sort(this.#reading, this.#order);
  }

  #paint(): void {
    const frame = this.#reading?.frame ?? new Uint8Array(FRAME_SIZE * FRAME_SIZE);
    paintGreys(this.#part.frame, frame, FRAME_SIZE, FRAME_SIZE, this.#colours.map);
    this.#stages.show(this.#reading, { scale: this.#scale, colours: this.#colours.map });
    this.#paintDetail();
  }

  #paintDetail(): void {
    if (!this.#chosen) return;
    const { view: { stage }, detail } = this.#chosen;
    detail.show(this.#reading?.maps[stage.name] ?? null, this.#reading?.frame ?? null, this.#scale,
      this.#colours.map);
  }

  /** Sizes depend on the window and the network only: nothing moves while one draws. */
  #layOut(): void {
    const { network } = this.#part;
    if (!this.layers.length) return; // no model yet
    const narrow = getComputedStyle(network).getPropertyValue("--column").trim() === "1";
    const head = find(network, ".strip-head", HTMLElement).getBoundingClientRect();
    const top = head.bottom + window.scrollY + ABOVE;
    const height = Math.min(420, Math.max(190, window.innerHeight - top - BELOW));
    network.style.setProperty("--maps-height", `${height}px`);
    const column = this.#stages.layOut({ width: network.clientWidth, height, column: narrow });
    network.classList.toggle("column", column);
    this.#paint();
  }

  /** Show the receptive field of a pixel, or of the chosen one when the pointer has left. */
  #point(place: MapPixel | null): void {
    const at = place ?? this.#chosenPixel();
    this.#part.field.hidden = !at;
    this.#part.readout.textContent = at ? this.#describe(at) : this.#text("readout");
    if (!at) return;
    const box = frameBox(at.view.stage.field, at.pixel);
    const percent = (pixels: number) => `${(100 * pixels) / FRAME_SIZE}%`;
    this.#part.field.style.left = percent(box.left);
    this.#part.field.style.top = percent(box.top);
    this.#part.field.style.width = percent(box.right - box.left);
    this.#part.field.style.height = percent(box.bottom - box.top);
  }

  #chosenPixel(): MapPixel | null {
    if (!this.#chosen) return null;
    const { view, detail } = this.#chosen;
    return { view, channel: detail.channel, pixel: detail.pixel };
  }

  #describe({ view: { stage }, channel, pixel: { row, column } }: MapPixel): string {
    const box = frameBox(stage.field, { row, column });
    return this.#text("readout_pixel", {
      name: stage.name, channel, row, column,
      height: box.bottom - box.top, width: box.right - box.left,
    });
  }

  /** Show a map enlarged, or another pixel of it. By a key, the arrow keys then move the pixel. */
  #choose(place: MapPixel, byKey: boolean): void {
    const { view, channel, pixel } = place;
    const again = this.#chosen?.view === view && this.#chosen.detail.channel === channel;
    if (again) this.#chosen?.detail.lookAt(pixel);
    else this.#open(place);
    this.#on.open();
    const detail = this.#chosen?.detail;
    if (byKey) detail?.focus();
    // it is far above the maps where these are one below the other
    const { network } = this.#part;
    if (network.classList.contains("column")) detail?.element.scrollIntoView({ block: "nearest" });
  }

  #open({ view, channel, pixel }: MapPixel): void {
    this.#close();
    const detail = new MapDetail(view.stage, channel, pixel, this.#input, this.#text, {
      move: () => this.#point(null),
      close: () => {
        this.#close();
        view.focusMap(channel);
      },
    });
    this.#chosen = { view, detail };
    view.press(channel);
    this.#part["map-detail"].replaceChildren(detail.element);
    this.#paintDetail();
    this.#point(null);
    void this.#addKernel(detail);
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented || !this.#chosen) return;
    if (isUsedElsewhere(event)) return;
    event.preventDefault();
    const { view, detail } = this.#chosen;
    const hadFocus = detail.element.contains(document.activeElement);
    this.#close();
    if (hadFocus) view.focusMap(detail.channel);
  }

  #close(): void {
    this.#chosen?.view.press(null);
    this.#chosen = null;
    this.#kernel = null;
    this.#part["map-detail"].replaceChildren();
    this.#point(null);
  }

  async #addKernel(detail: MapDetail): Promise<void> {
    const kernel = await this.#on.kernel(detail.stage.name, detail.channel);
    if (this.#chosen?.detail !== detail) return;
    if (!kernel) {
      detail.showFailure();
      return;
    }
    this.#kernel = kernel;
    detail.showKernel(kernel, this.#colours.kernel);
  }
}

function coloursOf(host: HTMLElement) {
  return { map: colourScale(host, "map", 5), kernel: colourScale(host, "kernel", 3) };
}
