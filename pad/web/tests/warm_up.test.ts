import assert from "node:assert/strict";
import { test } from "node:test";
import { warmUp } from "../src/recognition/local/warm_up.ts";

test("a model is run some hundred times, and not while something is asked", async () => {
  let [asked, runs, pauses] = [3, 0, 0];
  const pause = async (): Promise<void> => { pauses++; };
  await warmUp(async () => {
    assert.equal(asked, 0);
    runs++;
  }, () => asked > 0 && asked-- > 0, pause);
  assert.ok(runs >= 100 && runs <= 500);
  assert.equal(pauses, runs + 3);
});

test("a model that fails, as one that was released, is not run again", async () => {
  let runs = 0;
  await assert.rejects(warmUp(async () => {
    runs++;
    throw new Error("released");
  }, () => false, async () => {}));
  assert.equal(runs, 1);
});
