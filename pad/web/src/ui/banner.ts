// The line above the drawing area: errors, and whether the server is reachable.

import type { Text } from "./texts.ts";

/** What may wait for the server. */
export type Waiting = "reading" | "model";

export class Banner {
  readonly #root: HTMLElement;
  readonly #node: HTMLElement;
  readonly #text: Text;
  readonly #waiting = new Set<Waiting>(); // in vain

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

  /** The server does not answer what waits for it, or does again, or nothing is waited for. */
  setConnectionLost(waiting: Waiting, lost: boolean): void {
    const before = this.connectionLost;
    if (lost) this.#waiting.add(waiting);
    else this.#waiting.delete(waiting);
    const after = this.#waiting.size > 0;
    this.#root.dataset.connection = after ? "lost" : "";
    if (lost || before !== after) this.show(after ? this.#text("lost") : "");
  }
}
