// The buttons below the drawing area: tools, eraser and pen widths.

import { find } from "./parts.ts";

export type Action = "undo" | "redo" | "clear" | "upload";

export class Toolbar {
  readonly #root: HTMLElement;
  readonly #pens: readonly HTMLElement[];
  #penWidth = 16;
  #erasing = false;

  readonly #penChosen: () => void;

  /** @param penChosen the visitor chose another pen */
  constructor(
    root: HTMLElement, actions: Readonly<Record<Action, () => void>>, penChosen: () => void,
  ) {
    this.#root = root;
    this.#penChosen = penChosen;
    this.#pens = [...root.querySelectorAll<HTMLElement>("[data-pen]")];
    const all = { ...actions, eraser: () => this.chooseEraser(!this.erasing) };
    for (const button of root.querySelectorAll<HTMLElement>("[data-tool]")) {
      button.addEventListener("click", () => all[button.dataset.tool as keyof typeof all]());
    }
    for (const button of this.#pens) {
      button.addEventListener("click", () => {
        this.choosePen(widthOf(button));
        this.chooseEraser(false);
        penChosen();
      });
    }
  }

  /** in canvas units */
  get penWidth(): number { return this.#penWidth; }

  /** the eraser is chosen */
  get erasing(): boolean { return this.#erasing; }

  chooseEraser(on: boolean): void {
    this.#erasing = on;
    this.#tool("eraser").setAttribute("aria-pressed", String(on));
    this.#root.classList.toggle("erasing", on);
  }

  /** Choose one of the widths; others are ignored. */
  choosePen(width: number): void {
    if (!this.#pens.some((button) => widthOf(button) === width)) return;
    this.#penWidth = width;
    for (const button of this.#pens) {
      button.setAttribute("aria-pressed", String(widthOf(button) === width));
    }
  }

  /** Choose the next wider (1) or narrower (-1) pen, if there is one. */
  stepPen(by: 1 | -1): void {
    const widths = this.#pens.map(widthOf);
    const next = widths[widths.indexOf(this.#penWidth) + by];
    if (!next) return;
    this.choosePen(next);
    this.#penChosen();
  }

  /** Enable what can be done. */
  enable(possible: Readonly<Record<"undo" | "redo" | "clear", boolean>>): void {
    for (const [name, enabled] of Object.entries(possible)) this.#tool(name).disabled = !enabled;
  }

  #tool(name: string): HTMLButtonElement {
    return find(this.#root, `[data-tool=${name}]`, HTMLButtonElement);
  }
}

function widthOf(button: HTMLElement): number { return Number(button.dataset.pen); }
