// Requests: at most one is in flight, and a newer job replaces the one that waits.

import { inTime } from "./in_time.ts";

export interface QueueEvents<Job, Response> {
  response(response: Response, job: Job): void;
  /** the connection is lost or restored */
  connection(lost: boolean): void;
  /** no request is in flight any more */
  idle(): void;
}

export class RequestQueue<Job extends object, Response> {
  readonly #send: (job: Job) => Promise<Response | undefined>;
  readonly #on: QueueEvents<Job, Response>;
  readonly #timeout: number;
  #waiting: Job | null = null;
  #busy = false;

  /**
   * @param send resolves to undefined, or rejects, if there was no response
   * @param timeout milliseconds after which a request counts as failed
   */
  constructor(
    send: (job: Job) => Promise<Response | undefined>,
    on: QueueEvents<Job, Response>,
    timeout = 4000,
  ) {
    this.#send = send;
    this.#on = on;
    this.#timeout = timeout;
  }

  get idle(): boolean { return !this.#busy; }

  /** Send a job; it replaces one that still waits. */
  submit(job: Job): void {
    this.#waiting = job;
    if (!this.#busy) void this.#run();
  }

  /** Remove the job that waits. */
  drop(): void { this.#waiting = null; }

  async #run(): Promise<void> {
    this.#busy = true;
    let failures = 0;
    while (this.#waiting) {
      const job = this.#waiting;
      this.#waiting = null;
      const response = await this.#response(job);
      if (response === undefined) {
        this.#waiting ??= job;
        if (++failures === 1) this.#on.connection(true);
        await new Promise((done) => setTimeout(done, Math.min(250 * 2 ** failures, 2000)));
        continue;
      }
      if (failures) this.#on.connection(false);
      failures = 0;
      this.#on.response(response, job);
    }
    if (failures) this.#on.connection(false);
    this.#busy = false;
    this.#on.idle();
  }

  /** The response, or undefined; one that arrives after the timeout is ignored. */
  async #response(job: Job): Promise<Response | undefined> {
    try {
      return await inTime(() => this.#send(job), this.#timeout);
    } catch (error) {
      console.warn(error);
      return undefined;
    }
  }
}
