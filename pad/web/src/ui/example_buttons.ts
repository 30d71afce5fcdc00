// The buttons that draw an example digit.

import { EXAMPLES } from "../drawing/examples.ts";
import type { Text } from "./texts.ts";

/** Add a button for every example; play(digit) is called when it is pressed. */
export function addExampleButtons(container: HTMLElement, play: (digit: number) => void): void {
  container.append(...EXAMPLES.map((paths, digit) => {
    const button = document.createElement("button");
    button.type = "button";
    const icon = paths.map((d) => `<path d="${d}"/>`).join("");
    button.innerHTML = `<svg viewBox="0 0 100 100">${icon}</svg>`;
    button.addEventListener("click", () => play(digit));
    return button;
  }));
}

export function labelExampleButtons(container: HTMLElement, text: Text): void {
  [...container.children].forEach((button, digit) =>
    button.setAttribute("aria-label", text("example", { digit })));
}
