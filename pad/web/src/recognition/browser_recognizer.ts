// Recognition in the browser: a worker runs the models' graphs.

import type { InkFormat } from "./ink.ts";
import type { Files, Functions, Name, PictureCall } from "./local/protocol.ts";
import type { GraphFile, Kernel, ModelVersion } from "./model.ts";
import type {
  Answer, AskOptions, CanvasClassifier, CanvasAnswer, Question, Reading, Recognizer,
} from "./recognizer.ts";
import { rowStrokes, type RowLimits } from "./server_recognizer.ts";
import {
  CallCancelled, CallRefused, WorkerClient, type CallOptions, type WorkerPort,
} from "./worker_client.ts";

const PATIENCE = 20_000; // milliseconds until a first answer, once all graphs are loaded
const TRIES = 3;
const PAUSE = 30_000; // milliseconds between tries

export interface BrowserOptions {
  /** starts the worker; throws where there are none */
  readonly start: () => WorkerPort;
  readonly files: Files;
  readonly ink: InkFormat;
  readonly limits: RowLimits;
  /** a model can be used from now on, or none can any more */
  readonly change: () => void;
}

class PicturesFail extends Error {}

export class BrowserRecognizer implements Recognizer, CanvasClassifier {
  readonly #options: BrowserOptions;
  readonly #ready = new Set<string>(); // addresses of graphs
  readonly #loading = new Map<string, Promise<void>>();
  #client: WorkerClient | null = null;
  #picturesFail = false;
  #failures = 0;
  #failedAt = -Infinity;

  constructor(options: BrowserOptions) { this.#options = options; }

  isReady({ graph }: ModelVersion): boolean {
    return graph !== undefined && this.#ready.has(graph.url);
  }

  isLoading({ graph }: ModelVersion): boolean {
    return graph !== undefined && this.#loading.has(graph.url);
  }

  /** The graphs for pictures could not be loaded when the last picture was read. */
  get picturesFail(): boolean { return this.#picturesFail; }

  /** Load a model, unless it is loaded, or loading failed a moment ago or too often. */
  prepare({ graph }: ModelVersion): void {
    if (!graph || this.#ready.has(graph.url) || this.#loading.has(graph.url)) return;
    if (this.#failures >= TRIES || performance.now() - this.#failedAt < PAUSE) return;
    this.#loading.set(graph.url, Promise.resolve().then(() => this.#load(graph)));
    this.#options.change();
  }

  /** Loading may succeed from now on, however often it has failed. */
  forgetFailures(): void {
    this.#failures = 0;
    this.#failedAt = -Infinity;
  }

  /** Wait until a model is not being loaded any more, whether that has succeeded or not. */
  async loaded({ graph }: ModelVersion): Promise<void> {
    if (graph) await this.#loading.get(graph.url);
  }

  /** Rejects if it cannot answer; then no model is ready any more, unless only pictures fail. */
  async recognize(question: Question, options: AskOptions): Promise<Answer> {
    const client = this.#client;
    try {
      return { kind: "reading", reading: await this.#read(question, options) };
    } catch (error) {
      if (error instanceof CallCancelled) return { kind: "superseded" };
      if (error instanceof CallRefused) return { kind: "error", message: error.message };
      if (!(error instanceof PicturesFail)) this.#fail(error, client);
      throw error;
    }
  }

  /** The kernel that computes one feature map. */
  kernel(model: ModelVersion, layer: string, channel: number): Promise<Kernel> {
    return this.#call("kernel", { model: fileOf(model), layer, channel });
  }

  classifyCanvases(
    model: ModelVersion, canvases: readonly Uint8Array[], signal: AbortSignal,
  ): Promise<CanvasAnswer[]> {
    return this.#call("classifyCanvases", { model: fileOf(model), canvases }, { signal });
  }

  async #load(graph: GraphFile): Promise<void> {
    try {
      if (!this.#client) {
        const client = new WorkerClient(
          this.#options.start(), (error) => this.#fail(error, client));
        this.#client = client;
        await this.#call("start", this.#options.files);
      }
      await this.#call("load", graph);
      this.#ready.add(graph.url);
    } catch (error) {
      // a file that did not come is no reason to do without the models that are loaded
      if (this.#client && this.#ready.size) this.#noteFailure(error);
      else this.#fail(error, this.#client);
    } finally {
      this.#loading.delete(graph.url);
      this.#options.change();
    }
  }

  #read({ drawing, ink, model, layers, digit }: Question, options: AskOptions): Promise<Reading> {
    const common = { model: fileOf(model), layers, digit };
    const bitmap = drawing.picture?.bitmap;
    if (bitmap) return this.#readPicture({ ...common, picture: bitmap }, options);
    if (!ink) throw new Error("a picture that the browser cannot decode");
    const strokes = rowStrokes(drawing, this.#options.limits);
    return this.#inTime("readInk", { ...common, ink, strokes, format: this.#options.ink }, options);
  }

  /**
   * However long the graphs for pictures take to load, no picture is sent to the server. Where
   * they cannot be loaded, for example offline, the model still reads what is drawn.
   */
  async #readPicture(call: PictureCall, options: AskOptions): Promise<Reading> {
    await this.#call("loadImaging", null).catch((error: Error) => {
      this.#setPicturesFail(true);
      throw new PicturesFail(error.message);
    });
    this.#setPicturesFail(false);
    return this.#inTime("readPicture", call, options);
  }

  #setPicturesFail(fail: boolean): void {
    if (fail === this.#picturesFail) return;
    this.#picturesFail = fail;
    this.#options.change();
  }

  /** A call that fails if it gives neither a value nor an interim one for too long. */
  async #inTime<Key extends "readInk" | "readPicture">(
    name: Key, argument: Functions[Key][0], { signal, interim }: AskOptions,
  ): Promise<Reading> {
    let stop = (): void => {};
    const late = new Promise<never>((_, fail) => {
      const timer = setTimeout(() => fail(new Error("the worker does not answer")), PATIENCE);
      stop = () => clearTimeout(timer);
    });
    const call = this.#call(name, argument, {
      signal,
      interim: (reading) => {
        stop();
        interim({ kind: "reading", reading });
      },
    });
    return Promise.race([call, late]).finally(stop);
  }

  #call<Key extends Name>(
    name: Key, argument: Functions[Key][0], options: CallOptions = {},
  ): Promise<Functions[Key][1]> {
    if (!this.#client) return Promise.reject(new Error("the worker is not running"));
    return this.#client.call(name, argument, options);
  }

  /** Nothing can be answered until a model is loaded again, in another worker. */
  #fail(error: unknown, client: WorkerClient | null): void {
    if (client !== this.#client) return; // reported already
    this.#client?.stop();
    this.#client = null;
    this.#ready.clear();
    this.#noteFailure(error);
    this.#options.change();
  }

  #noteFailure(error: unknown): void {
    console.warn("the network does not run in this browser:", error);
    this.#failures++;
    this.#failedAt = performance.now();
  }
}

function fileOf({ graph }: ModelVersion): GraphFile {
  if (!graph) throw new Error("a model without a graph");
  return graph;
}
