// The line to the server: at most one request in flight, and the newest drawing always wins.

class Link {
  #newest = null;
  #busy = false;

  /**
   * @param {(job: object) => Promise<object | undefined>} send undefined when no answer came
   * @param {(answer: object, job: object) => void} onAnswer
   * @param {(lost: boolean) => void} onLost said when the line breaks, and when it is back
   * @param {() => void} onIdle called when nothing is on its way any more
   * @param {number} patience milliseconds after which an answer is given up
   */
  constructor(send, onAnswer, onLost, onIdle, patience = 4000) {
    Object.assign(this, { send, onAnswer, onLost, onIdle, patience });
  }

  get idle() { return !this.#busy; }

  /** Ask for an answer; a job that still waits is replaced by this one. */
  submit(job) {
    this.#newest = job;
    if (!this.#busy) this.#run();
  }

  /** Forget the job that waits: there is nothing to ask any more. */
  drop() { this.#newest = null; }

  async #run() {
    this.#busy = true;
    let failures = 0;
    while (this.#newest) {
      const job = this.#newest;
      this.#newest = null;
      const answer = await this.#answer(job);
      if (answer === undefined) {
        this.#newest ??= job;
        if (++failures === 1) this.onLost(true);
        await new Promise((done) => setTimeout(done, Math.min(250 * 2 ** failures, 2000)));
        continue;
      }
      if (failures) this.onLost(false);
      failures = 0;
      this.onAnswer(answer, job);
    }
    if (failures) this.onLost(false);
    this.#busy = false;
    this.onIdle();
  }

  /** The answer, or undefined; one that comes after its time is never seen. */
  async #answer(job) {
    let timer;
    const late = new Promise((done) => { timer = setTimeout(done, this.patience); });
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
