// Calls the functions of the worker (local/worker.ts).

import type { FromWorker, Functions, Name, ToWorker } from "./local/protocol.ts";
import type { Reading } from "./recognizer.ts";

/** What is used of a Worker. */
export interface WorkerPort {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
}

export interface CallOptions {
  /** when it aborts, the rest is not computed; with `interim`, only after an interim value */
  readonly signal?: AbortSignal;
  readonly interim?: (reading: Reading) => void;
}

/** The call was cancelled. */
export class CallCancelled extends Error {}

/** What is given cannot be read; the message is to be shown. */
export class CallRefused extends Error {}

interface Call {
  readonly done: (value: unknown) => void;
  readonly fail: (error: Error) => void;
  readonly interim: (reading: Reading) => void;
}

export class WorkerClient {
  readonly #port: WorkerPort;
  readonly #calls = new Map<number, Call>();
  #last = 0;
  #ended: Error | null = null;

  /** @param onFailure the worker has failed as a whole, and every call from now on fails */
  constructor(port: WorkerPort, onFailure: (error: Error) => void) {
    this.#port = port;
    port.onmessage = ({ data }) => this.#receive(data);
    port.onerror = port.onmessageerror = (event: Event) => {
      event.preventDefault();
      this.#end("message" in event ? String(event.message) : "the worker failed");
      onFailure(this.#ended!);
    };
  }

  /** Stop the worker; calls without an answer fail. */
  stop(): void { this.#end("the worker was stopped"); }

  call<Key extends Name>(
    name: Key, argument: Functions[Key][0], { signal, interim }: CallOptions = {},
    transfer: Transferable[] = [],
  ): Promise<Functions[Key][1]> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = ++this.#last;
    return new Promise((done, fail) => {
      let begun = !interim; // what was waited for has been given
      const cancel = (): void => {
        if (!begun || !this.#calls.has(id)) return;
        this.#port.postMessage({ cancel: id }, []);
        this.#calls.delete(id);
        fail(new CallCancelled());
      };
      signal?.addEventListener("abort", cancel, { once: true });
      this.#calls.set(id, {
        done: done as (value: unknown) => void,
        fail,
        interim: (reading) => {
          begun = true;
          interim?.(reading);
          if (signal?.aborted) cancel();
        },
      });
      this.#port.postMessage({ id, name, argument }, transfer);
    });
  }

  #end(message: string): void {
    if (this.#ended) return;
    this.#ended = new Error(message);
    this.#port.terminate();
    for (const call of this.#calls.values()) call.fail(this.#ended);
    this.#calls.clear();
  }

  #receive(message: FromWorker): void {
    const call = this.#calls.get(message.id);
    if (!call) return; // cancelled
    if ("interim" in message) {
      call.interim(message.interim);
      return;
    }
    this.#calls.delete(message.id);
    if ("value" in message) call.done(message.value);
    else if ("cancelled" in message) call.fail(new CallCancelled());
    else call.fail(message.shown ? new CallRefused(message.error) : new Error(message.error));
  }
}
