// The network below the drawing area: its input, feature maps, layer sizes, and the colour scale.

class NetworkView {
  #part;
  #stages;
  #reply = null;

  /** Arguments as for StagesView; `part` has the elements by name. */
  constructor(part, text, on) {
    this.#part = part;
    this.#stages = new StagesView(part.stages, text, on);
    part.drawingSize.textContent = `${CANVAS_SIZE}×${CANVAS_SIZE}`;
  }

  /** Names of the stages whose maps are visible. */
  get openStages() { return this.#stages.open; }

  /** Lay out another network: stages as {name, shape}, head as a list of layer sizes. */
  build({ stages, head }) {
    this.#stages.build(stages);
    this.#part.head.textContent = head.join(" → ");
    this.show(null);
  }

  /** Show a response's frame and maps; null for a blank drawing. */
  show(reply) {
    this.#reply = reply;
    const frame = reply ? decodeBytes(reply.frame) : new Uint8Array(28 * 28);
    paintGreys(this.#part.frame, frame, 28, 28, this.#stages.mapScale);
    this.#stages.show(reply ? reply.maps : null);
  }

  /** Paint everything again in the colours of the present theme. */
  recolour() {
    this.#stages.recolour();
    this.show(this.#reply);
    const ramp = Uint8Array.from({ length: 256 }, (_, grey) => grey);
    paintGreys(this.#part.ramp, ramp, 256, 1, this.#stages.mapScale);
  }
}
