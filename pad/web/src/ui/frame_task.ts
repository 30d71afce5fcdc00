// A task that is done once in the next animation frame, however often it is asked for.

export class FrameTask {
  readonly #task: () => void;
  #request = 0;

  constructor(task: () => void) { this.#task = task; }

  get pending(): boolean { return this.#request !== 0; }

  request(): void {
    this.#request ||= requestAnimationFrame(() => {
      this.#request = 0;
      this.#task();
    });
  }
}
