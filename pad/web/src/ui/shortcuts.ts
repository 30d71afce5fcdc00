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

/** What uses the keys itself: text fields, an open list, an open dialog and what is in it. */
const KEY_USERS = "input, textarea, select, dialog, [contenteditable]";

/** Whether a key is none of the page's: it goes to a text field, a list, or an open dialog. */
export function isUsedElsewhere(event: KeyboardEvent): boolean {
  const { target } = event;
  return (target instanceof Element && target.closest(KEY_USERS) !== null) ||
    document.querySelector("dialog[open]") !== null;
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
  const key = event.key.toLowerCase();
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
