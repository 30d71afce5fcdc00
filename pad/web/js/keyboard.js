// The keyboard: shortcuts, and a pen that is moved with the arrows.

/** Call actions by key while nothing is being typed; `pen` gets the keys that are left over. */
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

/** Arrows move it (with shift in small steps), space puts it down and lifts it. */
class KeyboardPen {
  #at = [PAPER / 2, PAPER / 2];
  #down = false;

  /** on: {start(points), move(points), end()}, as for a pointer. */
  constructor(canvas, cursor, on) {
    Object.assign(this, { canvas, cursor, on });
    canvas.addEventListener("blur", () => this.#lift());
    canvas.addEventListener("pointerdown", () => this.#lift(), { capture: true });
  }

  /** What a key does while the paper has the focus; undefined for other keys. */
  action(event) {
    if (event.target !== this.canvas) return undefined;
    const step = event.shiftKey ? 2 : 10;
    const ways = {
      ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step],
    };
    if (event.key in ways) return () => this.#move(ways[event.key]);
    if (event.key === " ") return () => this.#press();
    if (event.key === "Escape" && this.#down) return () => this.#lift();
    return undefined;
  }

  #press() {
    this.#down = !this.#down;
    if (this.#down) this.on.start([...this.#at]);
    else this.on.end();
    this.#show(true);
  }

  #move(way) {
    this.#at = this.#at.map((value, axis) => Math.min(PAPER, Math.max(0, value + way[axis])));
    if (this.#down) this.on.move([...this.#at]);
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
    this.cursor.style.left = `${(100 * this.#at[0]) / PAPER}%`;
    this.cursor.style.top = `${(100 * this.#at[1]) / PAPER}%`;
  }
}
