// The page's texts in the language that gr.I18n has chosen.

/** The text of a key with its {placeholders} filled in. */
export type Text = (key: string, values?: Readonly<Record<string, unknown>>) => string;

export class Texts {
  #strings: Record<string, string> = {};

  /** Before `load`, the text of a key is the key itself. */
  readonly get: Text = (key, values = {}) =>
    (this.#strings[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));

  /** Take the texts of a JSON object and put them into the elements with data-text or data-label. */
  load(json: string, root: HTMLElement): void {
    try {
      this.#strings = JSON.parse(json) as Record<string, string>;
    } catch {
      return; // not translated yet; the page calls this again when it is
    }
    for (const node of root.querySelectorAll<HTMLElement>("[data-text]")) {
      node.textContent = this.get(node.dataset.text!);
    }
    for (const node of root.querySelectorAll<HTMLElement>("[data-label]")) {
      const label = this.get(node.dataset.label!);
      node.setAttribute("aria-label", label);
      if (node.tagName === "BUTTON") node.title = label;
    }
  }
}
