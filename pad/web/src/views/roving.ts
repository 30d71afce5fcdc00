// A group of buttons in rows that is one tab stop: arrow keys move within it.

export class RovingGroup {
  readonly #buttons: readonly HTMLElement[];
  #columns = 1;
  #current = 0;

  constructor(group: HTMLElement, buttons: readonly HTMLElement[]) {
    this.#buttons = buttons;
    buttons.forEach((button, index) => { button.tabIndex = index === 0 ? 0 : -1; });
    group.addEventListener("keydown", (event) => this.#move(event));
    group.addEventListener("focusin", (event) => {
      const index = buttons.indexOf(event.target as HTMLElement);
      if (index >= 0) this.#setCurrent(index);
    });
  }

  /** Buttons in a row. */
  set columns(columns: number) { this.#columns = columns; }

  #move(event: KeyboardEvent): void {
    const next = nextIndex(event.key, this.#current, this.#buttons.length, this.#columns);
    if (next === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#buttons[next].focus();
  }

  #setCurrent(index: number): void {
    this.#buttons[this.#current].tabIndex = -1;
    this.#buttons[index].tabIndex = 0;
    this.#current = index;
  }
}

/** Where a key leads from an index in rows; null for other keys. At an edge it stays. */
export function nextIndex(
  key: string, index: number, count: number, columns: number,
): number | null {
  const to = (next: number) => (next >= 0 && next < count ? next : index);
  switch (key) {
    case "ArrowLeft": return to(index - 1);
    case "ArrowRight": return to(index + 1);
    case "ArrowUp": return to(index - columns);
    case "ArrowDown": return to(index + columns);
    case "Home": return 0;
    case "End": return count - 1;
    default: return null;
  }
}
