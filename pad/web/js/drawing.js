// The drawing and its undo history. A drawing is immutable:
// {strokes: [{points: [x0, y0, ...], width}], picture: null | {base64, bitmap}}.
// Positions are in canvas units: the canvas is CANVAS_SIZE units wide and high at any screen size.

const CANVAS_SIZE = 280;
const EMPTY = Object.freeze({ strokes: [], picture: null });

class History {
  #states = [EMPTY];
  #at = 0;

  get current() { return this.#states[this.#at]; }
  get canUndo() { return this.#at > 0; }
  get canRedo() { return this.#at < this.#states.length - 1; }

  /** Add a state and make it the current one; undone states are removed. */
  push(drawing) {
    this.#states = [...this.#states.slice(Math.max(0, this.#at - 199), this.#at + 1), drawing];
    this.#at = this.#states.length - 1;
  }

  /** Replace the current state, for a stroke that is being drawn. */
  replace(drawing) { this.#states[this.#at] = drawing; }

  undo() { if (this.canUndo) this.#at--; }
  redo() { if (this.canRedo) this.#at++; }
}

function isEmpty(drawing) { return drawing.strokes.length === 0 && !drawing.picture; }

/** The drawing with a new stroke. A stroke on top of a picture starts a new drawing. */
function withStroke(drawing, points, width) {
  const strokes = drawing.picture ? [] : drawing.strokes;
  return { strokes: [...strokes, { points, width }], picture: null };
}

/** The drawing with more points on its last stroke. */
function extended(drawing, points) {
  const last = drawing.strokes[drawing.strokes.length - 1];
  const longer = { ...last, points: [...last.points, ...points] };
  return { ...drawing, strokes: [...drawing.strokes.slice(0, -1), longer] };
}

/** The drawing without the ink that a round eraser touches on its way from a to b. */
function erased(drawing, ax, ay, bx, by, radius) {
  const strokes = drawing.strokes.flatMap((stroke) =>
    split(stroke, (x, y) => {
      const t = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) /
        Math.max((bx - ax) ** 2 + (by - ay) ** 2, 1e-9);
      const u = Math.min(1, Math.max(0, t));
      const gap = Math.hypot(x - ax - u * (bx - ax), y - ay - u * (by - ay));
      return gap < radius + stroke.width / 2;
    }));
  return { ...drawing, strokes };
}

function split(stroke, touched) {
  const points = dense(stroke.points);
  const parts = [];
  let part = [];
  let any = false;
  for (let i = 0; i < points.length; i += 2) {
    if (touched(points[i], points[i + 1])) {
      any = true;
      if (part.length) parts.push(part);
      part = [];
    } else {
      part.push(points[i], points[i + 1]);
    }
  }
  if (!any) return [stroke];
  if (part.length) parts.push(part);
  // a part of one point would be drawn as a dot
  return parts.filter((kept) => kept.length > 2).map((kept) => ({ ...stroke, points: kept }));
}

/** Points at most 3 units apart: a fast pen leaves gaps wider than the eraser. */
function dense(points) {
  const out = [points[0], points[1]];
  for (let i = 2; i < points.length; i += 2) {
    const [ax, ay, bx, by] = points.slice(i - 2, i + 2);
    const steps = Math.max(1, Math.ceil(Math.hypot(bx - ax, by - ay) / 3));
    for (let s = 1; s <= steps; s++) {
      out.push(ax + ((bx - ax) * s) / steps, ay + ((by - ay) * s) / steps);
    }
  }
  return out;
}
