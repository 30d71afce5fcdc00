// Links that hold a drawing.

import type { DrawingSession } from "../drawing/session.ts";
import { decodeStrokes, LinkError, sharedCode } from "../drawing/share_link.ts";
import type { PageContext } from "./context.ts";

/** Play the drawing in the page's address, if there is one, now and whenever the address changes. */
export function bindSharedLink(
  { text, banner }: Pick<PageContext, "text" | "banner">, session: Pick<DrawingSession, "play">,
): void {
  const open = () => {
    const code = sharedCode(location.hash);
    if (code === null) return;
    history.replaceState(null, "", location.pathname + location.search); // a reload keeps edits
    try {
      session.play(decodeStrokes(code));
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      banner.show(text(`link_${error.problem}`));
    }
  };
  window.addEventListener("hashchange", open);
  open();
}
