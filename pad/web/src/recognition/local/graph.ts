// ONNX graphs in onnxruntime-web.

import * as ort from "onnxruntime-web/wasm";

export type Tensor = ort.Tensor;
export type Tensors = Readonly<Record<string, Tensor>>;

/** Load onnxruntime-web's WebAssembly from a URL, or from its bytes. */
export function configureRuntime(wasm: string | ArrayBuffer): void {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "fatal";
  if (typeof wasm === "string") ort.env.wasm.wasmPaths = { wasm };
  else ort.env.wasm.wasmBinary = wasm;
}

export const floats = (values: Float32Array, shape: readonly number[]): Tensor =>
  new ort.Tensor("float32", values, shape);

export const bytes = (values: Uint8Array, shape: readonly number[]): Tensor =>
  new ort.Tensor("uint8", values, shape);

export const booleans = (values: Uint8Array, shape: readonly number[]): Tensor =>
  new ort.Tensor("bool", values, shape);

export class Graph {
  static #last: Promise<unknown> = Promise.resolve();
  readonly #session: ort.InferenceSession;

  private constructor(session: ort.InferenceSession) { this.#session = session; }

  /** Rejects if the bytes are no graph that onnxruntime-web can run. */
  static async load(content: Uint8Array): Promise<Graph> {
    return new Graph(await Graph.#alone(() => ort.InferenceSession.create(content)));
  }

  get outputNames(): readonly string[] { return this.#session.outputNames; }

  /** Return some outputs for inputs; by default all. */
  run(inputs: Tensors, outputs?: readonly string[]): Promise<Tensors> {
    const names = outputs ?? this.#session.outputNames;
    return Graph.#alone(() => this.#session.run(inputs, [...names]));
  }

  /** Free its memory. */
  release(): Promise<void> { return Graph.#alone(() => this.#session.release()); }

  /** onnxruntime-web's calls wait inside; they may not be interleaved. */
  static #alone<Value>(call: () => Promise<Value>): Promise<Value> {
    const result = Graph.#last.then(call);
    Graph.#last = result.catch(() => undefined);
    return result;
  }
}

/** The values of a tensor that has floats. */
export function floatsOf(tensor: Tensor): Float32Array {
  if (!(tensor.data instanceof Float32Array)) throw new Error(`floats expected, not ${tensor.type}`);
  return tensor.data;
}

/** The values of a tensor that has bytes or booleans. */
export function bytesOf(tensor: Tensor): Uint8Array {
  if (!(tensor.data instanceof Uint8Array)) throw new Error(`bytes expected, not ${tensor.type}`);
  return tensor.data;
}
