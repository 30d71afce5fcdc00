// The network's stages in order, and one of their maps enlarged.

import type { Reading } from "../recognition/recognizer.ts";
import type { Kernel, Stage } from "../recognition/model.ts";
import type { Text } from "../ui/texts.ts";
import { colourScale, type ColourScale } from "./colour.ts";
import { MapDetail } from "./map_detail.ts";
import { StageView } from "./stage_view.ts";

export interface StagesEvents {
  /** a stage's maps became visible or invisible */
  toggle(): void;
  /** The kernel that computes a map; undefined if it cannot be had. */
  kernel(layer: string, channel: number): Promise<Kernel | undefined>;
}

export class StagesView {
  readonly #host: HTMLElement;
  readonly #text: Text;
  readonly #on: StagesEvents;
  #stages: readonly StageView[] = [];
  #detail: MapDetail | null = null;
  #maps: Reading["maps"] | null = null;
  #scales: { readonly map: ColourScale; readonly kernel: ColourScale };

  constructor(host: HTMLElement, text: Text, on: StagesEvents) {
    this.#host = host;
    this.#text = text;
    this.#on = on;
    this.#scales = scalesOf(host);
  }

  /** Names of the stages whose maps are visible. */
  get open(): string[] {
    return this.#stages.filter(({ open }) => open).map(({ stage }) => stage.name);
  }

  get mapScale(): ColourScale { return this.#scales.map; }

  /** Take the colours of the present theme. */
  recolour(): void {
    this.#scales = scalesOf(this.#host);
    this.#paint();
  }

  /** Lay out another network. The first stage starts open. */
  build(stages: readonly Stage[]): void {
    const wasOpen = this.open;
    this.#detail = null;
    this.#maps = null;
    this.#stages = stages.map((stage, index) => {
      const view: StageView = new StageView(
        stage, index === 0 || wasOpen.includes(stage.name), this.#text,
        { toggle: this.#on.toggle, choose: (channel) => this.#toggleDetail(view, channel) });
      return view;
    });
    this.#host.replaceChildren(...this.#stages.map(({ element }) => element));
  }

  /** maps: by stage; null for a blank drawing. */
  show(maps: Reading["maps"] | null): void {
    this.#maps = maps;
    this.#paint();
  }

  #paint(): void {
    for (const view of this.#stages) view.show(this.#mapsOf(view), this.#scales.map);
    this.#paintDetail();
  }

  #paintDetail(): void {
    this.#detail?.showMap(this.#mapsOf(this.#detail.view), this.#scales.map);
  }

  #mapsOf({ stage }: StageView) { return this.#maps?.[stage.name] ?? null; }

  #toggleDetail(view: StageView, channel: number): void {
    const again = this.#detail?.view === view && this.#detail.channel === channel;
    this.#closeDetail();
    if (again) return;
    const detail = new MapDetail(view, channel, this.#text, () => {
      this.#closeDetail();
      view.focusMap(channel);
    });
    this.#detail = detail;
    this.#paintDetail();
    void this.#addKernel(detail);
  }

  #closeDetail(): void {
    this.#detail?.close();
    this.#detail = null;
  }

  async #addKernel(detail: MapDetail): Promise<void> {
    const kernel = await this.#on.kernel(detail.view.stage.name, detail.channel);
    if (kernel && this.#detail === detail) detail.showKernel(kernel, this.#scales.kernel);
  }
}

function scalesOf(host: HTMLElement) {
  return { map: colourScale(host, "map", 5), kernel: colourScale(host, "kernel", 3) };
}
