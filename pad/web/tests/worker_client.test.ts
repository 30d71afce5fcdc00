import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { FromWorker, InkCall, ToWorker } from "../src/recognition/local/protocol.ts";
import type { Reading } from "../src/recognition/recognizer.ts";
import {
  CallCancelled, CallRefused, WorkerClient, type WorkerPort,
} from "../src/recognition/worker_client.ts";

/** A worker whose messages are sent by hand. */
class ManualPort implements WorkerPort {
  onmessage: WorkerPort["onmessage"] = null;
  onerror: WorkerPort["onerror"] = null;
  onmessageerror: WorkerPort["onmessageerror"] = null;
  readonly sent: ToWorker[] = [];
  terminated = false;

  postMessage(message: ToWorker): void { this.sent.push(message); }
  terminate(): void { this.terminated = true; }
  send(data: FromWorker): void { this.onmessage?.({ data } as MessageEvent<FromWorker>); }
}

const INK = {} as InkCall;
const [FIRST, LAST] = [{ size: null }, { size: [1, 1] }] as unknown as Reading[];
let port: ManualPort;
let failures: Error[];
let client: WorkerClient;

beforeEach(() => {
  port = new ManualPort();
  failures = [];
  client = new WorkerClient(port, (error) => { failures.push(error); });
});

test("values belong to their calls", async () => {
  const [one, other] = [client.call("readInk", INK), client.call("readInk", INK)];
  port.send({ id: 2, value: LAST });
  port.send({ id: 1, value: FIRST });
  assert.deepEqual(await Promise.all([one, other]), [FIRST, LAST]);
});

test("an interim value comes before the value", async () => {
  const seen: Reading[] = [];
  const call = client.call("readInk", INK, { interim: (reading) => { seen.push(reading); } });
  port.send({ id: 1, interim: FIRST });
  port.send({ id: 1, value: LAST });
  assert.equal(await call, LAST);
  assert.deepEqual(seen, [FIRST]);
});

test("a call is cancelled only once it has given an interim value", async () => {
  const seen: Reading[] = [];
  const { signal, abort } = ((controller) =>
    ({ signal: controller.signal, abort: () => controller.abort() }))(new AbortController());
  const options = { signal, interim: (reading: Reading) => { seen.push(reading); } };
  const whole = client.call("readInk", INK, options);
  abort();
  port.send({ id: 1, value: LAST });
  assert.equal(await whole, LAST);
  const part = client.call("readInk", INK, options);
  port.send({ id: 2, interim: FIRST });
  await assert.rejects(part, CallCancelled);
  assert.deepEqual(seen, [FIRST]);
  assert.deepEqual(port.sent.at(-1), { cancel: 2 });
});

test("a call without interim values is cancelled at any time, until it is answered", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const [canvases, model] = [[], { url: "", refuses: true }];
  const answered = client.call("classifyCanvases", { model, canvases }, { signal });
  port.send({ id: 1, value: [{ probabilities: [1], digitScore: 1 }] });
  assert.deepEqual(await answered, [{ probabilities: [1], digitScore: 1 }]);
  const cancelled = client.call("classifyCanvases", { model, canvases }, { signal });
  controller.abort();
  await assert.rejects(cancelled, CallCancelled);
  assert.deepEqual(port.sent.slice(2), [{ cancel: 2 }]);
});

test("errors are for the user or not", async () => {
  const [shown, hidden] = [client.call("readInk", INK), client.call("readInk", INK)];
  port.send({ id: 1, error: "too small", shown: true });
  port.send({ id: 2, error: "broken", shown: false });
  await assert.rejects(shown, new CallRefused("too small"));
  await assert.rejects(hidden, (error) => !(error instanceof CallRefused));
  assert.equal(port.terminated, false);
});

test("a worker that fails ends all its calls, and later ones", async () => {
  const call = client.call("readInk", INK);
  port.onerror?.({ preventDefault: () => {} } as ErrorEvent);
  await assert.rejects(call);
  await assert.rejects(client.call("readInk", INK));
  assert.equal(failures.length, 1);
  assert.equal(port.terminated, true);
});
