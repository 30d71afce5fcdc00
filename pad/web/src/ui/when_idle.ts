// Work that can wait until the page has been painted.

/** Call a function once the page is idle. */
export function whenIdle(callback: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(callback, { timeout: 1000 });
  else setTimeout(callback, 200); // Safari
}
