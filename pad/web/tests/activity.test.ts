import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Activity } from "../src/page/activity.ts";

let frames: (() => void)[] = [];
let events: string[] = [];
let busy = false;
let [drawing, reading] = [false, false];
let activity: Activity;

/** Let the microtasks run. */
const microtasks = () => Promise.resolve();

function frame(): void {
  for (const run of frames.splice(0)) run();
}

beforeEach(() => {
  Object.defineProperty(globalThis, "requestAnimationFrame", {
    value: (run: () => void) => { frames.push(run); }, configurable: true,
  });
  [frames, events, busy, drawing, reading] = [[], [], false, false, false];
  activity = new Activity({
    isDrawing: () => drawing,
    isReading: () => reading,
    classify: () => { events.push("classify"); },
    paint: () => { events.push("paint"); },
    settle: () => { events.push("settle"); },
    show: (now) => { busy = now; },
  });
});

test("changes are classified once in a microtask, and painted once in the next frame", async () => {
  activity.edited();
  activity.edited();
  assert.deepEqual(events, []);
  await microtasks();
  assert.deepEqual(events, ["classify"]);
  frame();
  assert.deepEqual(events, ["classify", "paint"]);
  frame();
  assert.deepEqual(events, ["classify", "paint"]);
});

test("the page is busy until the drawing is painted and classified", async () => {
  activity.edited();
  assert.ok(busy);
  reading = true;
  await microtasks();
  frame();
  assert.ok(busy);
  reading = false;
  activity.show();
  assert.ok(!busy);
});

test("a page that classifies nothing is busy until the frame only", async () => {
  activity.edited();
  frame();
  assert.ok(busy);
  await microtasks();
  assert.ok(!busy);
});

test("a stroke that has ended is settled when it is classified, and once", async () => {
  activity.edited();
  reading = true;
  activity.saved();
  await microtasks();
  frame();
  assert.deepEqual(events, ["classify", "paint"]);
  reading = false;
  activity.proceed();
  activity.proceed();
  assert.deepEqual(events, ["classify", "paint", "settle"]);
});

test("a stroke is settled in the next frame where nothing else is done for it", () => {
  activity.saved();
  assert.ok(busy);
  activity.proceed();
  assert.deepEqual(events, []);
  frame();
  assert.deepEqual(events, ["paint", "settle"]);
  assert.ok(!busy);
});

test("nothing is settled while one draws", async () => {
  activity.saved();
  drawing = true;
  activity.edited();
  await microtasks();
  frame();
  activity.proceed();
  assert.deepEqual(events, ["classify", "paint"]);
  drawing = false;
  activity.saved();
  frame();
  assert.deepEqual(events, ["classify", "paint", "paint", "settle"]);
});

test("a drawing that is only being changed is not settled", async () => {
  activity.edited();
  await microtasks();
  frame();
  activity.proceed();
  assert.deepEqual(events, ["classify", "paint"]);
});
