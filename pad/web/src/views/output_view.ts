// The ten outputs at the end of the strip.

import type { Prediction } from "../recognition/recognizer.ts";
import { find } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";

export class OutputView {
  readonly element = document.createElement("div");
  readonly #bars: readonly HTMLElement[];

  constructor(inputs: number, text: Text) {
    this.element.className = "stage outputs";
    const values = { inputs: inputs.toLocaleString("en") };
    this.element.innerHTML = `<div class="caption" title="${text("output_help", values)}">
      <b>${text("output")}</b><span>${text("output_units")}</span>
      <span>${text("output_technical", values)}</span></div>
      <ol aria-hidden="true"></ol>`;
    const list = find(this.element, "ol", HTMLElement);
    this.#bars = Array.from({ length: 10 }, (_, digit) => {
      const item = document.createElement("li");
      item.innerHTML = `<b>${digit}</b><i></i>`;
      list.append(item);
      return item;
    });
  }

  /** prediction: null for a blank drawing */
  show(prediction: Prediction | null): void {
    this.#bars.forEach((item, digit) => {
      const share = prediction && !prediction.blank ? prediction.probabilities[digit] : 0;
      const value = share.toFixed(3); // most stay at 0: nothing changes
      item.style.setProperty("--value", value);
      item.classList.toggle("winner", Boolean(prediction?.isDigit) && digit === prediction?.digit);
    });
  }
}
