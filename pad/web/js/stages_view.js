// The network's stages in order: their feature maps, and one map enlarged next to its kernel.

class StagesView {
  #stages = new Map();
  #enlarged = null;
  #maps = null;
  #scales;

  /**
   * @param {HTMLElement} host
   * @param {(key: string, values?: object) => string} text
   * @param {{toggle: Function, kernel: (layer: string, channel: number) => Promise<object>}} on
   */
  constructor(host, text, on) {
    Object.assign(this, { host, text, on });
    this.recolour();
  }

  /** Names of the stages whose maps are visible. */
  get open() { return [...this.#stages].filter(([, s]) => s.open).map(([name]) => name); }

  recolour() {
    this.#scales = { map: colourScale(this.host, "map", 5), kernel: colourScale(this.host, "kernel", 3) };
    this.refresh();
  }

  get mapScale() { return this.#scales.map; }

  /** Lay out another network: a list of {name, shape}. The first stage starts open. */
  build(stages) {
    const wasOpen = this.open;
    this.#enlarged = null;
    this.#maps = null;
    this.#stages.clear();
    this.host.replaceChildren(...stages.map(({ name, shape }, index) =>
      this.#buildStage(name, shape, index === 0 || wasOpen.includes(name))));
  }

  #buildStage(name, shape, open) {
    const [channels, height, width] = shape;
    const element = document.createElement("div");
    element.className = "stage layer";
    element.dataset.stage = name;
    element.innerHTML = `<button type="button" class="caption" aria-expanded="false">
      <b>${name}</b><span>${channels} × ${height}×${width}</span><span class="range"></span></button>
      <div class="body"><div class="maps"></div><div class="detail" hidden></div></div>`;
    const stage = { element, shape, open: false, maps: [], range: element.querySelector(".range") };
    const grid = element.querySelector(".maps");
    for (let channel = 0; channel < channels; channel++) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "map";
      button.setAttribute("aria-label", this.text("map", { name, channel }));
      button.setAttribute("aria-pressed", "false");
      button.innerHTML = `<canvas class="crisp" width="${width}" height="${height}"></canvas><span>${channel}</span>`;
      button.addEventListener("click", () => this.#toggleDetail(name, channel));
      grid.append(button);
      stage.maps.push({ button, canvas: button.firstChild });
    }
    element.querySelector(".caption").addEventListener("click", () => {
      this.#setOpen(stage, !stage.open);
      this.on.toggle();
    });
    this.#stages.set(name, stage);
    this.#setOpen(stage, open);
    return element;
  }

  #setOpen(stage, open) {
    stage.open = open;
    stage.element.classList.toggle("open", open);
    stage.element.querySelector(".caption").setAttribute("aria-expanded", open);
  }

  /** maps: {layer: {shape, top, peaks, pixels}}, or null for a blank drawing. */
  show(maps) {
    this.#maps = maps && Object.fromEntries(Object.entries(maps).map(([name, map]) =>
      [name, { ...map, pixels: decodeBytes(map.pixels) }]));
    this.refresh();
  }

  refresh() {
    for (const [name, stage] of this.#stages) {
      const map = this.#maps?.[name];
      const [, height, width] = stage.shape;
      const area = height * width;
      stage.range.textContent = map ? `0 … ${map.top.toFixed(2)}` : "";
      stage.maps.forEach(({ canvas }, channel) => {
        const pixels = map
          ? map.pixels.subarray(channel * area, (channel + 1) * area) : new Uint8Array(area);
        paintGreys(canvas, pixels, width, height, this.#scales.map);
      });
    }
    this.#refreshDetail();
  }

  #toggleDetail(name, channel) {
    const again = this.#enlarged?.name === name && this.#enlarged?.channel === channel;
    if (this.#enlarged) this.#closeDetail();
    if (again) return;
    const stage = this.#stages.get(name);
    this.#enlarged = { name, channel };
    stage.maps[channel].button.setAttribute("aria-pressed", "true");
    const detail = stage.element.querySelector(".detail");
    detail.hidden = false;
    detail.innerHTML = `<figure><canvas class="crisp kernel"></canvas><figcaption></figcaption></figure>
      <span class="arrow">→</span>
      <figure><canvas class="crisp large"></canvas><figcaption></figcaption></figure>
      <button type="button" class="close" aria-label="${this.text("close")}">×</button>`;
    detail.querySelector(".close").addEventListener("click", () => {
      const { button } = stage.maps[channel];
      this.#closeDetail();
      button.focus();
    });
    this.#refreshDetail();
    this.#showKernel(detail, name, channel);
  }

  #closeDetail() {
    const { name, channel } = this.#enlarged;
    const stage = this.#stages.get(name);
    stage.maps[channel].button.setAttribute("aria-pressed", "false");
    stage.element.querySelector(".detail").hidden = true;
    this.#enlarged = null;
  }

  async #showKernel(detail, name, channel) {
    const kernel = await this.on.kernel(name, channel);
    const still = this.#enlarged?.name === name && this.#enlarged?.channel === channel;
    if (!still || !kernel?.weights) return;
    const [count, height, width] = kernel.shape;
    const largest = Math.max(...kernel.weights.map(Math.abs), 1e-6);
    const columns = Math.ceil(Math.sqrt(count));
    const rows = Math.ceil(count / columns);
    const [across, down] = [columns * (width + 1) - 1, rows * (height + 1) - 1];
    const greys = new Uint8Array(across * down).fill(128);
    kernel.weights.forEach((weight, index) => {
      const tile = Math.floor(index / (height * width));
      const y = Math.floor(tile / columns) * (height + 1) + Math.floor((index % (height * width)) / width);
      const x = (tile % columns) * (width + 1) + (index % width);
      greys[y * across + x] = Math.round(127.5 + 127.5 * (weight / largest));
    });
    paintGreys(detail.querySelector(".kernel"), greys, across, down, this.#scales.kernel);
    detail.querySelector("figcaption").textContent = this.text("kernel", {
      size: `${count > 1 ? `${count} × ` : ""}${height}×${width}`,
      low: Math.min(...kernel.weights).toFixed(2),
      high: Math.max(...kernel.weights).toFixed(2),
    });
  }

  #refreshDetail() {
    if (!this.#enlarged) return;
    const { name, channel } = this.#enlarged;
    const stage = this.#stages.get(name);
    const [, height, width] = stage.shape;
    const map = this.#maps?.[name];
    const pixels = map
      ? map.pixels.subarray(channel * height * width, (channel + 1) * height * width)
      : new Uint8Array(height * width);
    const detail = stage.element.querySelector(".detail");
    paintGreys(detail.querySelector(".large"), pixels, width, height, this.#scales.map);
    detail.querySelectorAll("figcaption")[1].textContent = this.text("channel", {
      channel, size: `${height}×${width}`, high: (map?.peaks[channel] ?? 0).toFixed(2),
    });
  }
}
