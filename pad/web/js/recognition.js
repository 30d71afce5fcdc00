// Asks the server for the current drawing's digit and feature maps.

class Recognition {
  #queue;
  #generation = 0; // responses to requests of an earlier generation are ignored

  /**
   * @param {object} server the functions of pad/functions.py
   * @param {{size: number, box: number, pen: number}} ink see inkStrokes
   * @param {{strokes: number, positions: number}} rowLimits most strokes of a row, and most
   *     numbers of a stroke, that the server takes
   * @param {object} on
   *     response(reply, drawing), blank(isEmpty) where there is nothing to classify, stale(model) where the
   *     server's model is not the one the page knows, error(message, drawing),
   *     connection(lost), idle()
   */
  constructor(server, ink, rowLimits, on) {
    Object.assign(this, { server, ink, rowLimits, on });
    this.#queue = new RequestQueue((job) => this.#send(job), (reply, job) => this.#receive(reply, job),
      on.connection, on.idle);
  }

  get idle() { return this.#queue.idle; }

  /** Ignore the responses to all requests so far: they are about another drawing or model. */
  discard() { this.#generation++; }

  /**
   * Classify a drawing.
   * @param {{strokes: object[], picture: object | null}} drawing
   * @param {{name: string, version: string}} model
   * @param {string[]} layers stages whose maps are returned
   * @param {number | null} digit the digit of a row to look at; null: the newest
   */
  request(drawing, model, layers, digit) {
    const ink = drawing.picture
      ? null : inkStrokes(drawing.strokes.map(({ points }) => points), this.ink);
    if (!drawing.picture && !ink) {
      this.#queue.drop();
      this.discard();
      this.on.blank(isEmpty(drawing));
      return;
    }
    this.#queue.submit({ drawing, ink, model, layers, digit, generation: this.#generation });
  }

  #send({ drawing, ink, model, layers, digit }) {
    const request = { model: model.name, version: model.version, layers, digit };
    return drawing.picture
      ? this.server.classify_picture({ ...request, picture: drawing.picture.base64 })
      : this.server.classify_ink({ ...request, ink: encodeBytes(ink), strokes: this.#rowStrokes(drawing) });
  }

  /** The strokes of a drawing that may be a row of digits: several, but not more than the server takes. */
  #rowStrokes({ strokes }) {
    const { strokes: most, positions } = this.rowLimits;
    if (strokes.length < 2 || strokes.length > most) return [];
    if (strokes.some(({ points }) => points.length > positions)) return [];
    return strokes.map(({ points }) => points.map((value) => Math.round(10 * value) / 10));
  }

  #receive(reply, { drawing, model, generation }) {
    if (generation !== this.#generation) return;
    if (reply.stale) this.on.stale(model.name);
    else if (reply.error) this.on.error(reply.error, drawing);
    else this.on.response(reply, drawing);
  }
}
