// What a reload of the page keeps: {strokes, model, penWidth}, for this tab only.

const STORAGE_KEY = "drawpad";

function saveState(state) {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(state));
  } catch {
    // storage is disabled or full: a reload loses the drawing
  }
}

/** Call restore(state) with what was saved, if anything was; a state it cannot use is deleted. */
function restoreState(restore) {
  try {
    const saved = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null");
    if (saved) restore(saved);
  } catch {
    sessionStorage.removeItem(STORAGE_KEY);
  }
}
