// Reads drawings as the worker does, under node: tests/pad/test_browser_reading.py compares that
// with what the server says. `node read_drawings.mjs REQUEST.json` prints JSON.

import { readFileSync } from "node:fs";
import { Graph, configureRuntime } from "../../src/recognition/local/graph.ts";
import { greyImage } from "../../src/recognition/local/grey.ts";
import { Imaging } from "../../src/recognition/local/imaging.ts";
import { Model } from "../../src/recognition/local/model.ts";
import { Reader } from "../../src/recognition/local/reader.ts";
import type { FeatureMaps } from "../../src/recognition/recognizer.ts";
import type { InkFormat } from "../../src/recognition/ink.ts";

interface Drawing {
  /** base64 of an ink canvas, and the strokes of what may be a row */
  ink?: string;
  strokes?: number[][];
  /** base64 of four bytes a pixel */
  rgba?: string;
  width?: number;
  height?: number;
  digit: number | null;
}

interface Request {
  wasm: string;
  graph: string;
  /** folder of the imaging steps */
  steps: string;
  refuses: boolean;
  format: InkFormat;
  layers: string[];
  drawings: Drawing[];
}

const request = JSON.parse(readFileSync(process.argv[2], "utf8")) as Request;
const { buffer, byteOffset, byteLength } = readFileSync(request.wasm);
configureRuntime(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
const load = (path: string): Promise<Graph> => Graph.load(readFileSync(path));
const steps = new Map<string, Promise<Graph>>();
const imaging = new Imaging((step) => {
  if (!steps.has(step)) steps.set(step, load(`${request.steps}/${step}.onnx`));
  return steps.get(step)!;
});
const reader = new Reader(new Model(await load(request.graph)), imaging, request.refuses);

const encoded = (maps: FeatureMaps): object =>
  ({ ...maps, pixels: Buffer.from(maps.pixels).toString("base64") });

const readings = [];
for (const drawing of request.drawings) {
  const interim: unknown[] = [];
  const context = { interim: (one: unknown) => { interim.push(one); }, pause: async () => {}, rest: async () => {} };
  const options = { layers: request.layers, digit: drawing.digit };
  const decode = (text: string): Uint8Array => Buffer.from(text, "base64");
  let grey = null;
  let reading;
  if (drawing.rgba) {
    const [width, height] = [drawing.width!, drawing.height!];
    grey = greyImage(new Uint8ClampedArray(decode(drawing.rgba)), width, height);
    reading = await reader.readPicture(grey, [width, height], options, context);
  } else {
    reading = await reader.readInk(
      decode(drawing.ink!), drawing.strokes!, request.format, options, context);
  }
  readings.push({
    ...reading,
    frame: Buffer.from(reading.frame).toString("base64"),
    maps: Object.fromEntries(Object.entries(reading.maps).map(([name, maps]) =>
      [name, encoded(maps)])),
    hidden: reading.hidden && encoded(reading.hidden),
    interim: interim.length,
    grey: grey && Buffer.from(new Uint8Array(grey.values.buffer)).toString("base64"),
  });
}
process.stdout.write(JSON.stringify(readings));
