// Tabs, of which one panel is visible.

import { nextIndex } from "./roving_focus.ts";

export class Tabs {
  readonly #tabs: readonly HTMLElement[];
  readonly #panels: readonly HTMLElement[];
  readonly #onShow: (name: string) => void;

  /**
   * @param list its buttons have data-tab, the panels beside it data-panel
   * @param onShow another panel is visible
   */
  constructor(list: HTMLElement, root: HTMLElement, onShow: (name: string) => void) {
    this.#tabs = [...list.querySelectorAll<HTMLElement>("[data-tab]")];
    this.#panels = [...root.querySelectorAll<HTMLElement>("[data-panel]")];
    this.#onShow = onShow;
    for (const tab of this.#tabs) tab.addEventListener("click", () => this.show(tab.dataset.tab!));
    list.addEventListener("keydown", (event) => this.#move(event));
    this.#mark(this.shown);
  }

  get shown(): string {
    return this.#tabs.find((tab) => tab.ariaSelected === "true")!.dataset.tab!;
  }

  show(name: string): void {
    if (name === this.shown) return;
    this.#mark(name);
    this.#onShow(name);
  }

  #mark(name: string): void {
    for (const tab of this.#tabs) {
      const selected = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
    }
    for (const panel of this.#panels) panel.hidden = panel.dataset.panel !== name;
  }

  #move(event: KeyboardEvent): void {
    const at = this.#tabs.findIndex((tab) => tab.dataset.tab === this.shown);
    const next = nextIndex(event.key, at, this.#tabs.length);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.show(this.#tabs[next].dataset.tab!);
    this.#tabs[next].focus();
  }
}
