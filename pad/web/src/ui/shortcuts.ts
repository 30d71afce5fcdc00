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

/** Call actions by key while the element is on the page, except in text fields. */
export function bindShortcuts(element: HTMLElement, actions: ShortcutActions): void {
  document.addEventListener("keydown", (event) => {
    if (!element.isConnected || event.altKey) return;
    const target = event.target;
    if (target instanceof Element && target.matches("input, textarea, select")) return;
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
    case "e": return actions.eraser;
    case "c": case "delete": case "backspace": return actions.clear;
    case "[": return actions.thinner;
    case "]": return actions.thicker;
    default: return actions.other(event);
  }
}
