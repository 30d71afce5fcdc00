// A model's exported graph (mnist_core/inference/graph_format.py): canvases -> predictions.

import type { Kernel } from "../model.ts";
import type { FeatureMaps } from "../recognizer.ts";
import { greyLevels, PIXELS, SIDE, split, type Canvas } from "./canvases.ts";
import { bytes, bytesOf, floatsOf, type Graph, type Tensors } from "./graph.ts";
import type { Scored } from "./prediction.ts";

const OUTPUTS = ["probabilities", "frame", "blank", "digit_score"];
const HIDDEN = "hidden";
const REMEMBERED = 300;

/** Canvases -> their predictions, without the reasons of refusals. */
export type Classify = (canvases: readonly Canvas[]) => Promise<Scored[]>;

export interface WithMaps {
  readonly prediction: Scored;
  readonly maps: Readonly<Record<string, FeatureMaps>>;
  /** the hidden layer as maps of one pixel; null if there is none, or without layers */
  readonly hidden: FeatureMaps | null;
}

export class Model {
  readonly #graph: Graph;
  readonly #known = new Map<string, Scored>(); // by canvas: most parts of a row stay as they are

  constructor(graph: Graph) { this.#graph = graph; }

  /** Names of the stages whose feature maps there are. */
  get stages(): string[] {
    const names = this.#graph.outputNames;
    return names.filter((name) => names.includes(kernelOf(name)));
  }

  /**
   * Classify canvases, one after the other: a question about the next frame of a stroke is not kept
   * waiting by a batch, which is hardly faster.
   * @param pause awaited between them; if it rejects, the rest is not computed
   */
  async classify(canvases: readonly Canvas[], pause: () => Promise<void>): Promise<Scored[]> {
    const greys = canvases.map(greyLevels);
    const keys = greys.map((grey) => String.fromCharCode(...grey));
    const missing = keys.flatMap((key, index) => (this.#known.has(key) ? [] : [index]));
    const found = new Map<string, Scored>();
    for (const index of missing) {
      if (found.has(keys[index])) continue;
      if (found.size) await pause();
      found.set(keys[index], predictionOf(await this.#run(greys[index], OUTPUTS)));
    }
    const all = keys.map((key) => found.get(key) ?? this.#known.get(key)!);
    this.#remember(found);
    return all;
  }

  async classifyWithMaps(canvas: Canvas, layers: readonly string[]): Promise<WithMaps> {
    const grey = greyLevels(canvas);
    const hidden = layers.length > 0 && this.#graph.outputNames.includes(HIDDEN);
    const names = [...OUTPUTS, ...layers, ...(hidden ? [HIDDEN] : [])];
    const outputs = await this.#run(grey, names);
    const prediction = predictionOf(outputs);
    this.#remember(new Map([[String.fromCharCode(...grey), prediction]]));
    return {
      prediction,
      maps: Object.fromEntries(layers.map((layer) => {
        const [, , height, width] = outputs[layer].dims;
        return [layer, featureMaps(floatsOf(outputs[layer]), height * width)];
      })),
      hidden: hidden ? featureMaps(floatsOf(outputs[HIDDEN]).map(Math.abs), 1) : null,
    };
  }

  /** The kernel that computes one feature map. */
  async kernel(layer: string, channel: number): Promise<Kernel> {
    const name = kernelOf(layer);
    const { [name]: kernels } = await this.#run(new Uint8Array(PIXELS), [name]);
    const [, inputs, height, width] = kernels.dims;
    const weights = split(floatsOf(kernels), inputs * height * width)[channel];
    return { shape: [inputs, height, width], weights: [...weights] };
  }

  release(): Promise<void> { return this.#graph.release(); }

  #run(grey: Uint8Array, names: readonly string[]): Promise<Tensors> {
    return this.#graph.run({ canvas: bytes(grey, [1, 1, SIDE, SIDE]) }, names);
  }

  #remember(found: ReadonlyMap<string, Scored>): void {
    for (const [key, prediction] of found) this.#known.set(key, prediction);
    for (const key of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED) break;
      this.#known.delete(key); // the oldest
    }
  }
}

const kernelOf = (stage: string): string => `${stage}.kernel`;

function predictionOf(outputs: Tensors): Scored {
  const probabilities = floatsOf(outputs.probabilities);
  const confidence = Math.max(...probabilities);
  const blank = bytesOf(outputs.blank)[0] !== 0;
  return {
    probabilities,
    digit: blank ? null : probabilities.indexOf(confidence),
    confidence,
    frame: floatsOf(outputs.frame),
    blank,
    digitScore: floatsOf(outputs.digit_score)[0],
    reason: null,
  };
}

/** Maps of `area` pixels each, scaled by one factor, as pad/payload.py does. */
function featureMaps(values: Float32Array, area: number): FeatureMaps {
  const peaks = Array.from({ length: values.length / area }, (_, map) => {
    let peak = -Infinity;
    for (let at = map * area; at < (map + 1) * area; at++) peak = Math.max(peak, values[at]);
    return peak;
  });
  const top = Math.max(1e-6, ...peaks);
  return {
    top: rounded(top),
    peaks: peaks.map(rounded),
    pixels: greysOf(values, top),
  };
}

const rounded = (value: number): number => Math.round(1000 * value) / 1000;

/** Values in [0, top] as bytes. */
export function greysOf(values: Float32Array, top: number): Uint8Array {
  const greys = new Uint8Array(values.length); // a loop: it is run for every map of every frame
  const scale = 255 / top;
  for (let at = 0; at < values.length; at++) greys[at] = Math.floor(values[at] * scale + 0.5);
  return greys;
}
