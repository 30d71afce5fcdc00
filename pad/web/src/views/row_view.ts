// The digits of a row: a box around each on the drawing area, and a button for each.

import { CANVAS_SIZE, type Box } from "../drawing/drawing.ts";
import type { Row } from "../recognition/recognizer.ts";
import type { Parts } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import type { Place } from "./row_place.ts";

type RowParts = Pick<Parts, "boxes" | "row">;

export class RowView {
  readonly #part: RowParts;
  readonly #text: Text;
  readonly #look: (index: number) => void;

  /** look(index) is called to look at another digit. */
  constructor(part: RowParts, text: Text, look: (index: number) => void) {
    this.#part = part;
    this.#text = text;
    this.#look = look;
  }

  show(row: Row, place: Place): void {
    const { digits } = row;
    this.#setCount(digits.length);
    digits.forEach(({ digit, isDigit, box }, index) => {
      const lookedAt = index === row.lookedAt;
      const frame = this.#part.boxes.children[index] as HTMLElement;
      const button = this.#part.row.children[index] as HTMLButtonElement;
      placeFrame(frame, place(box));
      frame.className = [lookedAt && "looked-at", !isDigit && "refused"].filter(Boolean).join(" ");
      button.textContent = isDigit ? String(digit) : "?";
      button.classList.toggle("refused", !isDigit);
      button.setAttribute("aria-pressed", String(lookedAt));
      button.title = this.#text("row_digit", { digit: button.textContent, number: index + 1 });
      button.setAttribute("aria-label", button.title);
      button.onclick = () => this.#look(index);
    });
  }

  /** The drawing is no row. */
  clear(): void { this.#setCount(0); }

  #setCount(count: number): void {
    this.#part.row.hidden = count === 0;
    fill(this.#part.boxes, count, () => document.createElement("i"));
    fill(this.#part.row, count, () => {
      const button = document.createElement("button");
      button.type = "button";
      return button;
    });
  }
}

/** Elements are kept where there are enough: a button keeps its focus while its digit changes. */
function fill(parent: HTMLElement, count: number, make: () => HTMLElement): void {
  while (parent.children.length > count) parent.lastChild!.remove();
  while (parent.children.length < count) parent.append(make());
}

function placeFrame(frame: HTMLElement, [left, top, right, bottom]: Box): void {
  const inside = (value: number) => 100 * Math.min(1, Math.max(0, value / CANVAS_SIZE));
  const [x0, y0] = [inside(left), inside(top)];
  frame.style.left = `${x0}%`;
  frame.style.top = `${y0}%`;
  frame.style.width = `${inside(right) - x0}%`;
  frame.style.height = `${inside(bottom) - y0}%`;
}
