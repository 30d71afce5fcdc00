// When the drawing is classified and painted, and what waits until that is done.

import { FrameTask, MicroTask } from "../ui/coalesced_task.ts";

/** What the page is doing, and what it can be told to do. */
export interface ActivityTasks {
  /** a pen is down, or strokes are replayed */
  isDrawing(): boolean;
  /** the drawing is being classified, or its reading is not painted yet */
  isReading(): boolean;
  classify(): void;
  paint(): void;
  /** Do what waits for the pen to be up and the drawing to be classified. */
  settle(): void;
  /** Show whether the page is busy; also called where that stays the same. */
  show(busy: boolean): void;
}

/** The page is busy until the bars belong to the drawing. */
export class Activity {
  readonly #tasks: ActivityTasks;
  #settled = true; // nothing has to be done for the drawing any more
  // The drawing is classified at once and painted in the next animation frame: its bars change up to
  // one frame earlier than if both waited for the frame.
  readonly #classifying = new MicroTask(() => {
    this.#tasks.classify();
    this.show(); // also if it was not classified
  });
  readonly #painting = new FrameTask(() => {
    this.#tasks.paint();
    this.proceed();
  });

  constructor(tasks: ActivityTasks) { this.#tasks = tasks; }

  /** The drawing was changed. */
  edited(): void {
    this.#painting.request();
    this.#classifying.request();
    this.show();
  }

  /** A stroke has ended. */
  saved(): void {
    this.#settled = false;
    this.#painting.request(); // then it is settled, also if the pen rested before it was lifted
    this.show();
  }

  /** Something was begun or done. */
  show(): void { this.#tasks.show(this.#isBusy); }

  /** Something was done, perhaps the last thing that is waited for. */
  proceed(): void {
    this.show();
    if (this.#settled || this.#tasks.isDrawing() || this.#isBusy) return;
    this.#settled = true;
    this.#tasks.settle();
  }

  get #isBusy(): boolean {
    return this.#classifying.pending || this.#painting.pending || this.#tasks.isReading();
  }
}
