// The drawing as it is edited: strokes, eraser, undo, examples, pictures.

class DrawingSession {
  #history = new History();
  #erasing = false; // the stroke being drawn erases
  #eraserAt = null;
  #stopReplay = null;

  /**
   * @param {object} on
   *     edit() after every change, replace() where it is another drawing and not a longer one,
   *     save() when a stroke has ended, begin() when the user starts something new
   */
  constructor(on) { this.on = on; }

  get drawing() { return this.#history.current; }
  get canUndo() { return this.#history.canUndo; }
  get canRedo() { return this.#history.canRedo; }

  /** points: where the pen is put down; erase: with the eraser; width: of the pen or eraser. */
  beginStroke(points, width, erase) {
    this.stopReplay();
    this.#erasing = erase;
    if (erase) {
      this.#history.push(this.drawing);
      this.#eraserAt = points;
      this.continueStroke(points, width);
      return;
    }
    const isNew = isEmpty(this.drawing) || this.drawing.picture;
    this.#history.push(withStroke(this.drawing, points, width));
    if (isNew) this.on.replace();
    this.on.begin();
    this.on.edit();
  }

  continueStroke(points, width) {
    let drawing = this.drawing;
    if (this.#erasing) {
      for (let i = 0; i < points.length; i += 2) {
        drawing = erased(drawing, ...this.#eraserAt, points[i], points[i + 1], width);
        this.#eraserAt = [points[i], points[i + 1]];
      }
    } else {
      drawing = extended(drawing, points);
    }
    this.#history.replace(drawing);
    this.on.edit();
  }

  endStroke() {
    if (this.#erasing) this.changed();
    else this.on.save();
  }

  undo() {
    this.stopReplay();
    this.#history.undo();
    this.changed();
  }

  redo() {
    this.stopReplay();
    this.#history.redo();
    this.changed();
  }

  clear() {
    this.stopReplay();
    if (!isEmpty(this.drawing)) this.#history.push(EMPTY);
    this.changed();
  }

  /** Put a picture in the place of the drawing. */
  setPicture(picture) {
    this.stopReplay();
    this.#history.push({ strokes: [], picture });
    this.changed();
  }

  /** Take back a picture that the server has refused, if it is still the drawing. */
  rejectPicture(drawing) {
    if (!drawing.picture || this.drawing !== drawing) return;
    this.#history.undo();
    this.changed();
  }

  /** Draw an example stroke by stroke, as a pen would. */
  playExample(digit, width) {
    this.stopReplay();
    this.on.replace();
    this.#history.push(EMPTY);
    const stop = replay(exampleStrokes(digit), (points, isNew) => {
      const drawing = this.drawing;
      this.#history.replace(isNew ? withStroke(drawing, points, width) : extended(drawing, points));
      this.on.edit();
    }, () => { this.#stopReplay = null; this.on.save(); });
    this.#stopReplay = () => { stop(); this.#stopReplay = null; };
  }

  stopReplay() { this.#stopReplay?.(); }

  /** Continue with strokes from an earlier visit. */
  restore(strokes) { if (strokes.length) this.#history.push({ strokes, picture: null }); }

  /** It is another drawing now. */
  changed() {
    this.on.replace();
    this.on.begin();
    this.on.save();
    this.on.edit();
  }
}
