// Requests to the server: at most one is in flight, and a newer job replaces the one that waits.

class RequestQueue {
  #waiting = null;
  #busy = false;

  /**
   * @param {(job: object) => Promise<object | undefined>} send undefined if there was no response
   * @param {(response: object, job: object) => void} onResponse
   * @param {(lost: boolean) => void} onConnection called when the connection is lost and restored
   * @param {() => void} onIdle called when no request is in flight any more
   * @param {number} timeout milliseconds after which a request counts as failed
   */
  constructor(send, onResponse, onConnection, onIdle, timeout = 4000) {
    Object.assign(this, { send, onResponse, onConnection, onIdle, timeout });
  }

  get idle() { return !this.#busy; }

  /** Send a job; it replaces one that still waits. */
  submit(job) {
    this.#waiting = job;
    if (!this.#busy) this.#run();
  }

  /** Remove the job that waits. */
  drop() { this.#waiting = null; }

  async #run() {
    this.#busy = true;
    let failures = 0;
    while (this.#waiting) {
      const job = this.#waiting;
      this.#waiting = null;
      const response = await this.#response(job);
      if (response === undefined) {
        this.#waiting ??= job;
        if (++failures === 1) this.onConnection(true);
        await new Promise((done) => setTimeout(done, Math.min(250 * 2 ** failures, 2000)));
        continue;
      }
      if (failures) this.onConnection(false);
      failures = 0;
      this.onResponse(response, job);
    }
    if (failures) this.onConnection(false);
    this.#busy = false;
    this.onIdle();
  }

  /** The response, or undefined; one that arrives after the timeout is ignored. */
  async #response(job) {
    let timer;
    const late = new Promise((done) => { timer = setTimeout(done, this.timeout); });
    try {
      return await Promise.race([this.send(job), late]);
    } catch (error) {
      console.warn(error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
