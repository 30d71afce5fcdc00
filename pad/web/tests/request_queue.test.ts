import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { RequestQueue } from "../src/recognition/request_queue.ts";

interface Job { name: string }

let sent: { name: string; answer: (response: string | undefined) => void; fail: () => void }[] = [];
let events: string[] = [];

function newQueue(): RequestQueue<Job, string> {
  const send = ({ name }: Job) => new Promise<string | undefined>((answer, reject) => {
    sent.push({ name, answer, fail: () => reject(new Error("no network")) });
  });
  return new RequestQueue<Job, string>(send, {
    response: (response, { name }) => { events.push(`${name}: ${response}`); },
    connection: (lost) => { events.push(lost ? "lost" : "restored"); },
    idle: () => { events.push("idle"); },
  }, 1000);
}

/** Let the promises that are settled call their continuations. */
const settle = () => new Promise((done) => setImmediate(done));

beforeEach(() => {
  sent = [];
  events = [];
  mock.method(console, "warn", () => {});
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

test("one request is in flight, and only the newest waiting job follows", async () => {
  const queue = newQueue();
  assert.ok(queue.idle);
  for (const name of ["a", "b", "c"]) queue.submit({ name });
  assert.ok(!queue.idle);
  assert.deepEqual(sent.map(({ name }) => name), ["a"]);
  sent[0].answer("1");
  await settle();
  assert.deepEqual(sent.map(({ name }) => name), ["a", "c"]);
  sent[1].answer("2");
  await settle();
  assert.deepEqual(events, ["a: 1", "c: 2", "idle"]);
  assert.ok(queue.idle);
});

test("a dropped job is not sent", async () => {
  const queue = newQueue();
  queue.submit({ name: "a" });
  queue.submit({ name: "b" });
  queue.drop();
  sent[0].answer("1");
  await settle();
  assert.deepEqual(events, ["a: 1", "idle"]);
});

for (const [how, fail] of [
  ["rejects", () => sent[0].fail()],
  ["resolves to undefined", () => sent[0].answer(undefined)],
  ["is late", () => mock.timers.tick(1000)],
] as const) {
  test(`a request that ${how} is sent again after a pause`, async () => {
    newQueue().submit({ name: "a" });
    fail();
    await settle();
    assert.deepEqual(events, ["lost"]);
    assert.equal(sent.length, 1);
    mock.timers.tick(500);
    await settle();
    sent[0].answer("too late");
    sent[1].answer("1");
    await settle();
    assert.deepEqual(events, ["lost", "restored", "a: 1", "idle"]);
  });
}

test("a newer job takes the place of the one that failed; the loss is reported once", async () => {
  const queue = newQueue();
  queue.submit({ name: "a" });
  sent[0].fail();
  await settle();
  queue.submit({ name: "b" });
  mock.timers.tick(500);
  await settle();
  sent[1].fail();
  await settle();
  mock.timers.tick(1000);
  await settle();
  sent[2].answer("1");
  await settle();
  assert.deepEqual(sent.map(({ name }) => name), ["a", "b", "b"]);
  assert.deepEqual(events, ["lost", "restored", "b: 1", "idle"]);
});

test("the connection counts as restored when the failed job was dropped", async () => {
  const queue = newQueue();
  queue.submit({ name: "a" });
  sent[0].fail();
  await settle();
  queue.drop();
  mock.timers.tick(500);
  await settle();
  assert.deepEqual(events, ["lost", "restored", "idle"]);
});
