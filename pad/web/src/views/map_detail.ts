// One feature map enlarged, next to the kernel that computes it.

import type { FeatureMaps } from "../recognition/recognizer.ts";
import type { Kernel } from "../recognition/model.ts";
import { find } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import { paintGreys, type ColourScale } from "./colour.ts";
import { kernelPicture } from "./kernel_picture.ts";
import { mapPixels, type StageView } from "./stage_view.ts";

export class MapDetail {
  readonly view: StageView;
  readonly channel: number;
  readonly #text: Text;

  /** Open it in the stage's view; onClose is called when its close button is pressed. */
  constructor(view: StageView, channel: number, text: Text, onClose: () => void) {
    this.view = view;
    this.channel = channel;
    this.#text = text;
    view.setPressed(channel, true);
    view.detail.hidden = false;
    view.detail.innerHTML =
      `<figure><canvas class="crisp kernel"></canvas><figcaption></figcaption></figure>
      <span class="arrow">→</span>
      <figure><canvas class="crisp large"></canvas><figcaption></figcaption></figure>
      <button type="button" class="close" aria-label="${text("close")}">×</button>`;
    find(view.detail, ".close", HTMLElement).addEventListener("click", onClose);
  }

  close(): void {
    this.view.setPressed(this.channel, false);
    this.view.detail.hidden = true;
  }

  showMap(maps: FeatureMaps | null, scale: ColourScale): void {
    const { stage, detail } = this.view;
    const [, height, width] = stage.shape;
    const canvas = find(detail, ".large", HTMLCanvasElement);
    paintGreys(canvas, mapPixels(stage, maps, this.channel), width, height, scale);
    this.#caption(1).textContent = this.#text("channel", {
      channel: this.channel,
      size: `${height}×${width}`,
      high: (maps?.peaks[this.channel] ?? 0).toFixed(2),
    });
  }

  showKernel(kernel: Kernel, scale: ColourScale): void {
    const { greys, width, height } = kernelPicture(kernel);
    const canvas = find(this.view.detail, ".kernel", HTMLCanvasElement);
    paintGreys(canvas, greys, width, height, scale);
    const [count, rows, columns] = kernel.shape;
    this.#caption(0).textContent = this.#text("kernel", {
      size: `${count > 1 ? `${count} × ` : ""}${rows}×${columns}`,
      low: Math.min(...kernel.weights).toFixed(2),
      high: Math.max(...kernel.weights).toFixed(2),
    });
  }

  #caption(index: number): HTMLElement {
    return this.view.detail.querySelectorAll("figcaption")[index];
  }
}
