// The line above the drawing area: errors, and whether the server is reachable.

class Banner {
  #root;
  #node;
  #text;

  /**
   * @param {HTMLElement} root has data-connection="lost" while the server is not reachable
   * @param {HTMLElement} node shows the message
   * @param {(key: string, values?: object) => string} text
   */
  constructor(root, node, text) {
    this.#root = root;
    this.#node = node;
    this.#text = text;
  }

  get connectionLost() { return this.#root.dataset.connection === "lost"; }

  show(message) {
    this.#node.textContent = message;
    this.#node.hidden = !message;
  }

  /** Hide the message, unless it is that the connection is lost. */
  clear() { if (!this.connectionLost) this.show(""); }

  setConnectionLost(lost) {
    this.#root.dataset.connection = lost ? "lost" : "";
    this.show(lost ? this.#text("lost") : "");
  }
}
