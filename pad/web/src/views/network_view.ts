// The network below the drawing area: its input, feature maps, layer sizes, and the colour scale.

import { CANVAS_SIZE } from "../drawing/drawing.ts";
import type { Reading } from "../recognition/recognizer.ts";
import type { ModelDescription } from "../recognition/model.ts";
import type { Parts } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import { paintGreys } from "./colour.ts";
import { StagesView, type StagesEvents } from "./stages_view.ts";

type NetworkParts = Pick<Parts, "stages" | "drawing-size" | "head" | "frame" | "ramp">;

const FRAME_SIZE = 28;

export class NetworkView {
  readonly #part: NetworkParts;
  readonly #stages: StagesView;
  #reading: Reading | null = null;

  constructor(part: NetworkParts, text: Text, on: StagesEvents) {
    this.#part = part;
    this.#stages = new StagesView(part.stages, text, on);
    part["drawing-size"].textContent = `${CANVAS_SIZE}×${CANVAS_SIZE}`;
  }

  /** Names of the stages whose maps are visible. */
  get openStages(): string[] { return this.#stages.open; }

  /** Lay out another network. */
  build({ stages, head }: Pick<ModelDescription, "stages" | "head">): void {
    this.#stages.build(stages);
    this.#part.head.textContent = head.join(" → ");
    this.show(null);
  }

  /** Show a reading's frame and maps; null for a blank drawing. */
  show(reading: Reading | null): void {
    this.#reading = reading;
    const frame = reading ? reading.frame : new Uint8Array(FRAME_SIZE * FRAME_SIZE);
    paintGreys(this.#part.frame, frame, FRAME_SIZE, FRAME_SIZE, this.#stages.mapScale);
    this.#stages.show(reading ? reading.maps : null);
  }

  /** Paint everything again in the colours of the present theme. */
  recolour(): void {
    this.#stages.recolour();
    this.show(this.#reading);
    const ramp = Uint8Array.from({ length: 256 }, (_, grey) => grey);
    paintGreys(this.#part.ramp, ramp, 256, 1, this.#stages.mapScale);
  }
}
