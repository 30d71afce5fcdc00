// The page's texts in the language that gr.I18n has chosen.

class Texts {
  #strings = {};

  /** The text of a key with its {placeholders} filled in; before `load`, the key itself. */
  get(key, values = {}) {
    return (this.#strings[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  /** Take the texts of a JSON object and put them into the elements with data-text or data-label. */
  load(json, root) {
    try {
      this.#strings = JSON.parse(json);
    } catch {
      return; // not translated yet; the page calls this again when it is
    }
    root.querySelectorAll("[data-text]").forEach((node) => { node.textContent = this.get(node.dataset.text); });
    root.querySelectorAll("[data-label]").forEach((node) => {
      const label = this.get(node.dataset.label);
      node.setAttribute("aria-label", label);
      if (node.tagName === "BUTTON") node.title = label;
    });
  }
}
