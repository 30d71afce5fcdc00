// The line above the drawing area: errors, and whether the server is reachable.

import type { Text } from "./texts.ts";

export class Banner {
  readonly #root: HTMLElement;
  readonly #node: HTMLElement;
  readonly #text: Text;

  /**
   * @param root has data-connection="lost" while the server is not reachable
   * @param node shows the message
   */
  constructor(root: HTMLElement, node: HTMLElement, text: Text) {
    this.#root = root;
    this.#node = node;
    this.#text = text;
  }

  get connectionLost(): boolean { return this.#root.dataset.connection === "lost"; }

  show(message: string): void {
    this.#node.textContent = message;
    this.#node.hidden = !message;
  }

  /** Hide the message, unless it is that the connection is lost. */
  clear(): void { if (!this.connectionLost) this.show(""); }

  setConnectionLost(lost: boolean): void {
    this.#root.dataset.connection = lost ? "lost" : "";
    this.show(lost ? this.#text("lost") : "");
  }
}
