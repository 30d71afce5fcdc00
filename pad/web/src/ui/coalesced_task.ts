// Tasks that are done once, however often they are asked for until then.

abstract class CoalescedTask {
  readonly #task: () => void;
  #pending = false;

  constructor(task: () => void) { this.#task = task; }

  get pending(): boolean { return this.#pending; }

  request(): void {
    if (this.#pending) return;
    this.#pending = true;
    this.schedule(() => {
      this.#pending = false;
      this.#task();
    });
  }

  protected abstract schedule(run: () => void): void;
}

/** Done in the next animation frame. */
export class FrameTask extends CoalescedTask {
  protected schedule(run: () => void): void { requestAnimationFrame(run); }
}

/** Done when the present event has been handled, before anything is painted. */
export class MicroTask extends CoalescedTask {
  protected schedule(run: () => void): void { queueMicrotask(run); }
}
