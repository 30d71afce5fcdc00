// The model in use, and the list of models, which may change while the page is open.

class ModelPicker {
  #wanted;
  #refreshing = false;

  /**
   * @param {HTMLElement} root gets data-model once the first model is in use
   * @param {HTMLSelectElement} select
   * @param {object} server the functions of pad/functions.py
   * @param {Banner} banner
   * @param {(key: string, values?: object) => string} text
   * @param {string} fallback name of the default model
   * @param {(description: object) => void} onUse another model, or other weights, are in use
   */
  constructor(root, select, server, banner, text, fallback, onUse) {
    Object.assign(this, { root, select, server, banner, text, fallback, onUse });
    this.name = fallback;
    this.version = undefined; // of the model's weights
    select.addEventListener("change", () => this.use(select.value));
    const refresh = () => this.#refresh();
    ["pointerenter", "pointerdown", "focus"].forEach((event) => select.addEventListener(event, refresh));
    window.addEventListener("focus", refresh);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  }

  get ready() { return Boolean(this.root.dataset.model); }

  /**
   * Switch to a model once the server has described it; until then the present one is used.
   * message: shown when it is in use.
   */
  async use(name, message = "") {
    this.#wanted = name;
    const reply = await this.#describe(name);
    if (name !== this.#wanted) return;
    if (!reply) {
      this.banner.setConnectionLost(true);
      setTimeout(() => { if (name === this.#wanted) this.use(name, message); }, 1000);
      return;
    }
    if (reply.error) {
      this.#replaceUnusable(name, reply);
      return;
    }
    if (this.banner.connectionLost) this.banner.setConnectionLost(false);
    this.name = name;
    this.version = reply.version;
    this.#list(reply.models);
    this.onUse(reply);
    this.root.dataset.model = name;
    if (message) this.banner.show(message);
  }

  /** A model cannot be used: keep the present one, or where that is the one, take the default. */
  #replaceUnusable(name, reply) {
    const other = name === this.name ? this.fallback : this.name;
    const message = reply.gone ? this.text("withdrawn", { name, other }) : reply.error;
    this.#wanted = this.name;
    this.select.value = this.name;
    if (other === name) this.banner.show(message);
    else this.use(other, message); // also updates the list of models
  }

  #list(models) {
    const listed = [...this.select.options].map((option) => option.value);
    // replacing the options would disturb an open list, so only if they differ
    if (listed.join() !== models.join()) {
      this.select.replaceChildren(...models.map((name) => new Option(name, name)));
    }
    this.select.value = this.name;
  }

  /** Update the list of models, and the model in use if its weights were replaced. */
  async #refresh() {
    if (this.#refreshing || this.#wanted !== this.name || !this.ready || !this.root.isConnected) return;
    this.#refreshing = true;
    const reply = await this.#describe(this.name);
    this.#refreshing = false;
    // a lost connection is reported when a drawing needs it
    if (!reply || this.#wanted !== this.name) return;
    if (reply.error || reply.version !== this.version) this.use(this.name);
    else this.#list(reply.models);
  }

  /** The server's description of a model and the list of models; undefined if there is no response. */
  async #describe(name) {
    try {
      return await this.server.describe_model({ model: name });
    } catch (error) {
      console.warn(error);
      return undefined;
    }
  }
}
