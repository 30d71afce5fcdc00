// The keyboard: shortcuts, and drawing with the arrow keys.

/** Call actions by key, except in text fields; `pen(event)` returns the action of other keys. */
function bindShortcuts(element, actions) {
  const plain = {
    e: actions.eraser, c: actions.clear, delete: actions.clear, backspace: actions.clear,
    "[": actions.thinner, "]": actions.thicker,
  };
  document.addEventListener("keydown", (event) => {
    if (!element.isConnected || event.altKey) return;
    if (event.target.matches?.("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    let action;
    if (event.ctrlKey || event.metaKey) {
      if (key === "z") action = event.shiftKey ? actions.redo : actions.undo;
      if (key === "y") action = actions.redo;
    } else {
      action = plain[key] ?? actions.pen(event);
    }
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/** A pen that arrow keys move (with shift in small steps); space puts it down and lifts it. */
class KeyboardPen {
  #position = [CANVAS_SIZE / 2, CANVAS_SIZE / 2];
  #down = false;

  /** on: {start(points), move(points), end()}, as for a pointer. */
  constructor(canvas, cursor, on) {
    Object.assign(this, { canvas, cursor, on });
    canvas.addEventListener("blur", () => this.#lift());
    canvas.addEventListener("pointerdown", () => this.#lift(), { capture: true });
  }

  /** The action of a key while the canvas has the focus; undefined for other keys. */
  action(event) {
    if (event.target !== this.canvas) return undefined;
    const step = event.shiftKey ? 2 : 10;
    const directions = {
      ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step],
    };
    if (event.key in directions) return () => this.#move(directions[event.key]);
    if (event.key === " ") return () => this.#press();
    if (event.key === "Escape" && this.#down) return () => this.#lift();
    return undefined;
  }

  #press() {
    this.#down = !this.#down;
    if (this.#down) this.on.start([...this.#position]);
    else this.on.end();
    this.#show(true);
  }

  #move(by) {
    this.#position = this.#position.map((value, axis) => Math.min(CANVAS_SIZE, Math.max(0, value + by[axis])));
    if (this.#down) this.on.move([...this.#position]);
    this.#show(true);
  }

  #lift() {
    if (this.#down) this.on.end();
    this.#down = false;
    this.#show(false);
  }

  #show(visible) {
    this.cursor.hidden = !visible;
    this.cursor.classList.toggle("down", this.#down);
    this.cursor.style.left = `${(100 * this.#position[0]) / CANVAS_SIZE}%`;
    this.cursor.style.top = `${(100 * this.#position[1]) / CANVAS_SIZE}%`;
  }
}
