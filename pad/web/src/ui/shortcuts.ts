// Keyboard shortcuts.

export interface ShortcutActions {
  undo(): void;
  redo(): void;
  clear(): void;
  eraser(): void;
  thinner(): void;
  thicker(): void;
  /** the action of another key, if it has one */
  other(event: KeyboardEvent): (() => void) | undefined;
}

/** What uses the keys itself: text fields, and an open list. */
const KEY_USERS = "input, textarea, select, [contenteditable]";

/** Whether a dialog is open, or Gradio's description of the API: what is done is not for the page. */
export function isCovered(): boolean {
  return document.querySelector("dialog[open], .api-docs") !== null;
}

/** Whether a key is not for the page: it goes to a text field, a list, or an open dialog. */
export function isUsedElsewhere({ target }: KeyboardEvent): boolean {
  return isCovered() || (target instanceof Element && target.closest(KEY_USERS) !== null);
}

/** Call actions by key while the element is on the page. */
export function bindShortcuts(element: HTMLElement, actions: ShortcutActions): void {
  document.addEventListener("keydown", (event) => {
    if (!element.isConnected || event.altKey) return;
    if (isUsedElsewhere(event)) return;
    const action = actionOf(event, actions);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/** What a key does. */
export function actionOf(
  event: KeyboardEvent, actions: ShortcutActions,
): (() => void) | undefined {
  const key = keyOf(event);
  if (event.ctrlKey || event.metaKey) {
    if (key === "z") return event.shiftKey ? actions.redo : actions.undo;
    return key === "y" ? actions.redo : undefined;
  }
  switch (key) {
    case "e": return () => { if (!event.repeat) actions.eraser(); }; // held, it would go on and off
    case "c": case "delete": case "backspace": return actions.clear;
    case "[": return actions.thinner;
    case "]": return actions.thicker;
    default: return actions.other(event);
  }
}

/** The letter in lower case; where a keyboard has other letters, the one at its place on a Latin one. */
function keyOf({ key, code }: Pick<KeyboardEvent, "key" | "code">): string {
  const isForeign = key.length === 1 && key > "\u007f";
  const latin = isForeign ? /^Key([A-Z])$/.exec(code)?.[1] : undefined;
  return (latin ?? key).toLowerCase();
}
