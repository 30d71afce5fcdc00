// The dialog with a link that holds the drawing, and a picture of it. Nothing is stored anywhere.

import { encodeStrokes, shareUrl } from "../drawing/share_link.ts";
import type { Drawing } from "../drawing/drawing.ts";
import type { Parts } from "../ui/parts.ts";
import { find } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import { cardBlob, paintCard, type CardContent } from "./picture_card.ts";

type ShareParts = Pick<Parts, "share" | "share-dialog">;

/** What there is to share; null for an empty pad. */
export interface Shared {
  readonly drawing: Drawing;
  readonly card: CardContent;
}

export class ShareDialog {
  readonly #dialog: HTMLDialogElement;
  readonly #text: Text;
  readonly #canvas: HTMLCanvasElement;
  readonly #link: HTMLInputElement;

  /** get() is called when the dialog is opened. */
  constructor(part: ShareParts, text: Text, get: () => Shared | null) {
    this.#dialog = part["share-dialog"];
    this.#text = text;
    this.#canvas = find(this.#dialog, "canvas", HTMLCanvasElement);
    this.#link = find(this.#dialog, "input", HTMLInputElement);
    part.share.addEventListener("click", () => {
      const shared = get();
      if (shared) this.#open(shared);
    });
    this.#on("copy-link", async () => {
      this.#link.select();
      await navigator.clipboard.writeText(this.#link.value);
      return "link_copied";
    });
    this.#on("copy-picture", async () => {
      const blob = await cardBlob(this.#canvas);
      await navigator.clipboard.write([new ClipboardItem({ [blob.type]: blob })]);
      return "picture_copied";
    });
    this.#on("download", async () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await cardBlob(this.#canvas));
      link.download = "digit.png";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      return "picture_saved";
    });
    this.#on("close", async () => {
      this.#dialog.close();
      return null;
    });
  }

  #open({ drawing, card }: Shared): void {
    const code = drawing.picture ? null : encodeStrokes(drawing.strokes);
    const problem = drawing.picture ? "no_link_picture" : "no_link_long";
    this.#link.value = code ? shareUrl(location.href, code) : "";
    this.#link.hidden = code === null;
    find(this.#dialog, ".privacy", HTMLElement).hidden = code === null; // it is about the link
    this.#button("copy-link").hidden = code === null;
    this.#button("copy-picture").hidden = !("ClipboardItem" in window);
    this.#say(code ? "" : this.#text(problem));
    paintCard(this.#canvas, card);
    this.#dialog.showModal();
    this.#link.setSelectionRange(0, 0); // its beginning is seen
    this.#link.scrollLeft = 0;
  }

  /** action() gives the key of a message; where it fails, the link and the picture are shown. */
  #on(name: string, action: () => Promise<string | null>): void {
    this.#button(name).addEventListener("click", () => {
      action().then((key) => { if (key) this.#say(this.#text(key)); },
        () => this.#say(this.#text("not_copied")));
    });
  }

  #button(name: string): HTMLButtonElement {
    return find(this.#dialog, `[data-share=${name}]`, HTMLButtonElement);
  }

  #say(message: string): void {
    find(this.#dialog, "[role=status]", HTMLElement).textContent = message;
  }
}
