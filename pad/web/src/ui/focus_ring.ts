// The focus ring is for the keyboard. Browsers also draw it around what a script focuses, such as
// the drawing area when a stroke begins.

const MOVES_FOCUS = new Set([
  "Tab", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "Enter", " ",
]);

/** root gets data-pointer while the pointer is what is used. */
export function bindFocusRing(root: HTMLElement): void {
  document.addEventListener("pointerdown", () => { root.dataset.pointer = ""; }, { capture: true });
  document.addEventListener("keydown", ({ key }) => {
    if (MOVES_FOCUS.has(key)) delete root.dataset.pointer;
  }, { capture: true });
}
