import assert from "node:assert/strict";
import { test } from "node:test";
import { BrowserRecognizer } from "../src/recognition/browser_recognizer.ts";
import type { Functions, ToWorker } from "../src/recognition/local/protocol.ts";
import type { Question } from "../src/recognition/recognizer.ts";
import type { WorkerPort } from "../src/recognition/worker_client.ts";
import { drawingOf } from "./drawings.ts";

const MODEL = { name: "default", version: "1", graph: { url: "default.onnx", refuses: true } };
const OPTIONS = { signal: new AbortController().signal, interim: () => {} };

/** A worker that answers all but some functions. */
function workerWithout(failing: Set<keyof Functions>): WorkerPort {
  const port: WorkerPort = {
    onmessage: null, onerror: null, onmessageerror: null, terminate: () => {},
    postMessage: (message: ToWorker) => {
      if ("cancel" in message) return;
      const { id, name } = message;
      const data = failing.has(name)
        ? { id, error: "Failed to fetch", shown: false } : { id, value: name };
      queueMicrotask(() => port.onmessage?.({ data } as MessageEvent));
    },
  };
  return port;
}

const later = () => new Promise((done) => setTimeout(done));

/** A recognizer that has loaded a model, and in whose worker some functions fail from now on. */
async function browserWith(failing: Set<keyof Functions>): Promise<BrowserRecognizer> {
  const browser = new BrowserRecognizer({
    start: () => workerWithout(failing), files: { worker: "", wasm: "", steps: {} } as never,
    ink: { size: 56, box: 40, pen: 4.8 }, limits: { strokes: 9, positions: 99, total: 99 },
    change: () => {},
  });
  browser.prepare(MODEL);
  await later();
  return browser;
}

test("a picture that cannot be read offline does not end the reading of strokes", async () => {
  const failing = new Set<keyof Functions>(["loadImaging"]);
  const browser = await browserWith(failing);
  assert.ok(browser.isReady(MODEL));
  const strokes: Question = {
    drawing: drawingOf([1, 1, 2, 2]), ink: Uint8Array.of(0), model: MODEL, layers: [], digit: null,
  };
  const bitmap = {} as ImageBitmap;
  const picture = {
    ...strokes, drawing: { strokes: [], picture: { base64: "AAAA", bitmap, background: null } },
  };
  await assert.rejects(browser.recognize(picture, OPTIONS));
  assert.ok(browser.picturesFail && browser.isReady(MODEL));
  assert.deepEqual(
    await browser.recognize(strokes, OPTIONS), { kind: "reading", reading: "readInk" });
  failing.clear();
  assert.deepEqual(
    await browser.recognize(picture, OPTIONS), { kind: "reading", reading: "readPicture" });
  assert.ok(!browser.picturesFail);
  failing.add("readInk");
  await assert.rejects(browser.recognize(strokes, OPTIONS));
  assert.ok(!browser.isReady(MODEL));
});

test("a model that cannot be loaded offline ends no other one, and is loaded later", async () => {
  const failing = new Set<keyof Functions>();
  const browser = await browserWith(failing);
  failing.add("load");
  const others = ["a", "b", "c", "d"].map(
    (name) => ({ name, version: "1", graph: { url: `${name}.onnx`, refuses: true } }));
  for (const other of others) {
    browser.prepare(other);
    await later();
    assert.ok(!browser.isReady(other) && browser.isReady(MODEL));
  }
  failing.clear();
  browser.forgetFailures(); // the server answers again
  browser.prepare(others[0]);
  await later();
  assert.ok(browser.isReady(others[0]) && browser.isReady(MODEL));
});
