// The worker that runs models in the browser; bundled on its own.

import type { GraphFile } from "../model.ts";
import { canvasOf, PIXELS, SIDE } from "./canvases.ts";
import { configureRuntime, Graph } from "./graph.ts";
import { greyImage, PictureError } from "./grey.ts";
import { Imaging, STEPS, type Step } from "./imaging.ts";
import { Model } from "./model.ts";
import type { Files, FromWorker, Functions, Name, ToWorker } from "./protocol.ts";
import { Reader, type ReadContext } from "./reader.ts";
import { warmUp } from "./warm_up.ts";

class Cancelled extends Error {}

const MOST_MODELS = 3; // kept in memory
const REST = 60; // milliseconds
const STROKE = 300; // milliseconds without a call after which nothing is being drawn

const running = new Set<number>(); // calls that are not cancelled
const models = new Map<string, Promise<Model>>();
const steps = new Map<Step, Promise<Graph>>();
let files: Files | null = null;
let warm = false;
let asked = 0; // when the last call came

const imaging = new Imaging(graphOf);

function graphOf(step: Step): Promise<Graph> {
  const known = steps.get(step);
  if (known) return known;
  const loading = fetchGraph(files!.steps[step]);
  steps.set(step, loading);
  loading.catch(() => steps.delete(step)); // tried again for the next picture
  return loading;
}

async function fetchGraph(url: string): Promise<Graph> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: status ${response.status}`);
  return Graph.load(new Uint8Array(await response.arrayBuffer()));
}

function modelOf({ url }: GraphFile): Promise<Model> {
  const known = models.get(url);
  const loading = known ?? fetchGraph(url).then((graph) => new Model(graph));
  models.delete(url);
  models.set(url, loading); // the last one is the one used last
  if (!known) {
    loading.catch(() => models.delete(url));
    const [oldest, model] = [...models][0];
    if (models.size > MOST_MODELS) {
      models.delete(oldest);
      void model.then((one) => one.release());
    }
  }
  return loading;
}

async function readerOf(file: GraphFile): Promise<Reader> {
  return new Reader(await modelOf(file), imaging, file.refuses);
}

const functions: {
  [Key in Name]: (argument: Functions[Key][0], context: ReadContext) => Promise<Functions[Key][1]>
} = {
  start: async (given) => {
    files = given;
    configureRuntime(given.wasm);
    return null;
  },
  load: async (file) => {
    const model = await modelOf(file);
    const blank = new Float32Array(PIXELS);
    await imaging.fit([blank]); // refusals are explained with it
    if (!warm) { // models share their code
      warm = true;
      // as for a frame of a stroke: with its maps, and the steps that a blank does not need
      const bar = blank.map((_, at) => (Math.abs((at % SIDE) - SIDE / 2) < 2 ? 1 : 0));
      const run = () => model.classifyWithMaps(bar, model.stages);
      warmUp(run, isBusy).catch(() => undefined); // it was released
    }
    return null;
  },
  loadImaging: async () => {
    await Promise.all(STEPS.map(graphOf));
    return null;
  },
  readInk: async ({ model, ink, strokes, format, ...options }, context) =>
    (await readerOf(model)).readInk(ink, strokes, format, options, context),
  readPicture: async ({ model, picture, ...options }, context) => {
    const { width, height } = picture;
    const canvas = new OffscreenCanvas(width, height);
    const drawing = canvas.getContext("2d", { willReadFrequently: true })!;
    drawing.drawImage(picture, 0, 0);
    picture.close();
    const grey = greyImage(drawing.getImageData(0, 0, width, height).data, width, height);
    return (await readerOf(model)).readPicture(grey, [width, height], options, context);
  },
  kernel: async ({ model, layer, channel }) => (await modelOf(model)).kernel(layer, channel),
  classifyCanvases: async ({ model, canvases }, { pause: wait }) => {
    const found = await (await modelOf(model)).classify(canvases.map(canvasOf), wait);
    return found.map(({ probabilities, digitScore }) =>
      ({ probabilities: [...probabilities], digitScore }));
  },
};

/** Let messages that have arrived be received; reject if a call was cancelled meanwhile. */
async function pause(id: number): Promise<void> {
  await new Promise<void>((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
  if (!running.has(id)) throw new Cancelled();
}

/** Wait for longer than a drawing pen takes from one frame to the next, else as pause. */
async function rest(id: number): Promise<void> {
  await new Promise((done) => setTimeout(done, REST));
  if (!running.has(id)) throw new Cancelled();
}

const isBusy = (): boolean => running.size > 0 || performance.now() - asked < STROKE;

const reply = (message: FromWorker): void => postMessage(message);

async function answer(id: number, name: Name, argument: unknown): Promise<void> {
  const context: ReadContext = {
    interim: (interim) => reply({ id, interim }),
    pause: () => pause(id),
    rest: () => rest(id),
  };
  running.add(id);
  asked = performance.now();
  try {
    const call = functions[name] as (argument: unknown, context: ReadContext) => Promise<unknown>;
    reply({ id, value: await call(argument, context) });
  } catch (error) {
    if (error instanceof Cancelled) reply({ id, cancelled: true });
    else reply({ id, error: messageOf(error), shown: error instanceof PictureError });
  } finally {
    running.delete(id);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if ("cancel" in data) running.delete(data.cancel);
  else void answer(data.id, data.name, data.argument);
});
