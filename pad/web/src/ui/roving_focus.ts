// A group of buttons that is one tab stop: arrow keys go from one button to the next.

/**
 * Make the buttons of a group one tab stop. Buttons may be added, removed or disabled later.
 * @param selector of the group's buttons
 */
export function bindRovingFocus(group: HTMLElement, selector = "button"): void {
  let last: HTMLButtonElement | null = null; // the one that had the focus last
  const all = () => [...group.querySelectorAll<HTMLButtonElement>(selector)];
  const usable = () => all().filter((button) => !button.disabled);

  const update = () => {
    const buttons = usable();
    // a button that is disabled loses the focus, and the keyboard its place on the page
    const loses = last !== null && last.disabled && document.activeElement === last;
    const stop = last && buttons.includes(last) ? last : buttons[0];
    for (const button of all()) button.tabIndex = button === stop ? 0 : -1;
    if (loses) stop?.focus({ preventScroll: true });
  };
  group.addEventListener("focusin", ({ target }) => {
    last = all().find((button) => button === target) ?? last;
    update();
  });
  group.addEventListener("keydown", (event) => {
    const buttons = usable();
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const next = nextIndex(event.key, at, buttons.length);
    if (next === null) return;
    event.preventDefault();
    buttons[next].focus();
  });
  new MutationObserver(update).observe(
    group, { childList: true, subtree: true, attributeFilter: ["disabled"] });
  update();
}

/** Where a key moves the focus; null for other keys, and where the focus is on no button. */
export function nextIndex(key: string, at: number, count: number): number | null {
  if (at < 0) return null;
  switch (key) {
    case "ArrowRight": case "ArrowDown": return (at + 1) % count;
    case "ArrowLeft": case "ArrowUp": return (at + count - 1) % count;
    case "Home": return 0;
    case "End": return count - 1;
    default: return null;
  }
}
