// The buttons below the drawing area: tools, eraser and pen widths.

class Toolbar {
  #root;
  #pens;

  /**
   * @param {HTMLElement} root
   * @param {Record<string, () => void>} actions undo, redo, clear, upload
   */
  constructor(root, actions) {
    this.#root = root;
    this.#pens = [...root.querySelectorAll("[data-pen]")];
    this.penWidth = 16; // in canvas units
    this.erasing = false; // the eraser is chosen
    const all = { ...actions, eraser: () => this.chooseEraser(!this.erasing) };
    root.querySelectorAll("[data-tool]").forEach((button) =>
      button.addEventListener("click", () => all[button.dataset.tool]()));
    this.#pens.forEach((button) => button.addEventListener("click", () => {
      this.choosePen(Number(button.dataset.pen));
      this.chooseEraser(false);
    }));
  }

  chooseEraser(on) {
    this.erasing = on;
    this.#tool("eraser").setAttribute("aria-pressed", on);
  }

  /** Choose one of the widths; others are ignored. */
  choosePen(width) {
    if (!this.#pens.some((button) => Number(button.dataset.pen) === width)) return;
    this.penWidth = width;
    this.#pens.forEach((button) =>
      button.setAttribute("aria-pressed", Number(button.dataset.pen) === width));
  }

  /** Choose the next wider (1) or narrower (-1) pen, if there is one. */
  stepPen(by) {
    const widths = this.#pens.map((button) => Number(button.dataset.pen));
    const next = widths[widths.indexOf(this.penWidth) + by];
    if (next) this.choosePen(next);
  }

  /** Enable what can be done: {undo, redo, clear} as booleans. */
  enable(possible) {
    for (const [name, enabled] of Object.entries(possible)) this.#tool(name).disabled = !enabled;
  }

  #tool(name) { return this.#root.querySelector(`[data-tool=${name}]`); }
}
