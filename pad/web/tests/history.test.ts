import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY } from "../src/drawing/drawing.ts";
import { History } from "../src/drawing/history.ts";
import { drawingOf } from "./drawings.ts";

const [a, b, c] = [drawingOf([1, 1]), drawingOf([2, 2]), drawingOf([3, 3])];

test("states are undone and redone in order", () => {
  const history = new History();
  assert.ok(!history.canUndo && !history.canRedo);
  history.push(a);
  history.push(b);
  history.undo();
  assert.equal(history.current, a);
  history.undo();
  history.undo();
  assert.equal(history.current, EMPTY);
  assert.ok(!history.canUndo && history.canRedo);
  history.redo();
  history.redo();
  history.redo();
  assert.equal(history.current, b);
});

test("a new state removes those that were undone", () => {
  const history = new History();
  history.push(a);
  history.push(b);
  history.undo();
  history.push(c);
  assert.ok(!history.canRedo);
  history.undo();
  assert.equal(history.current, a);
});

test("a state that is replaced is no step of its own", () => {
  const history = new History();
  history.push(a);
  history.replace(b);
  assert.equal(history.current, b);
  history.undo();
  assert.equal(history.current, EMPTY);
});

test("the last 200 steps can be undone", () => {
  const history = new History();
  for (let i = 0; i < 300; i++) history.push(drawingOf([i, i]));
  let steps = 0;
  for (; history.canUndo; steps++) history.undo();
  assert.equal(steps, 200);
  assert.deepEqual(history.current, drawingOf([99, 99]));
});
