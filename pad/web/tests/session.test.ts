import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Points } from "../src/drawing/drawing.ts";
import { DrawingSession, type Replay } from "../src/drawing/session.ts";
import { PICTURE } from "./drawings.ts";

let events: string[] = [];
let stopped = 0;
let frames: (() => void)[] = [];

/** A replay whose steps are done by hand: a whole stroke each. */
const replay: Replay = (strokes, step, end) => {
  frames = strokes.map((points, i) => () => {
    step(points, true);
    if (i === strokes.length - 1) end();
  });
  return () => { stopped++; };
};

function newSession(): DrawingSession {
  const on = (name: string) => () => { events.push(name); };
  return new DrawingSession(
    { edit: on("edit"), replace: on("replace"), begin: on("begin"), save: on("save") }, replay);
}

function drawStroke(session: DrawingSession, ...points: number[]): void {
  session.beginStroke(points.slice(0, 2), 16, false);
  session.continueStroke(points.slice(2), 16);
  session.endStroke();
}

const pointsOf = (session: DrawingSession): Points[] =>
  session.drawing.strokes.map(({ points }) => points);

beforeEach(() => {
  events = [];
  stopped = 0;
});

test("the first stroke makes another drawing, the second a longer one", () => {
  const session = newSession();
  drawStroke(session, 1, 1, 50, 50);
  assert.deepEqual(events, ["replace", "begin", "edit", "edit", "save"]);
  events = [];
  drawStroke(session, 2, 2, 60, 60);
  assert.deepEqual(events, ["begin", "edit", "edit", "save"]);
  assert.deepEqual(pointsOf(session), [[1, 1, 50, 50], [2, 2, 60, 60]]);
});

test("a stroke is one step of the history", () => {
  const session = newSession();
  drawStroke(session, 1, 1, 50, 50);
  drawStroke(session, 2, 2, 60, 60);
  session.undo();
  assert.deepEqual(pointsOf(session), [[1, 1, 50, 50]]);
  session.redo();
  assert.equal(session.drawing.strokes.length, 2);
  session.clear();
  assert.equal(session.drawing.strokes.length, 0);
  session.undo();
  assert.equal(session.drawing.strokes.length, 2);
});

test("clearing an empty drawing is no step", () => {
  const session = newSession();
  session.clear();
  assert.ok(!session.canUndo);
});

test("the eraser goes from where it was to where it is", () => {
  const session = newSession();
  drawStroke(session, 0, 100, 200, 100);
  session.beginStroke([100, 0], 16, true);
  session.continueStroke([100, 200], 16);
  session.endStroke();
  assert.equal(session.drawing.strokes.length, 2);
  session.undo();
  assert.deepEqual(pointsOf(session), [[0, 100, 200, 100]]);
});

test("a picture takes the drawing's place, and a stroke the picture's", () => {
  const session = newSession();
  drawStroke(session, 1, 1, 50, 50);
  session.setPicture(PICTURE.picture!);
  assert.deepEqual(session.drawing, PICTURE);
  drawStroke(session, 2, 2, 60, 60);
  assert.deepEqual(pointsOf(session), [[2, 2, 60, 60]]);
  assert.equal(session.drawing.picture, null);
});

test("a refused picture is taken back, unless the drawing is another one by now", () => {
  const session = newSession();
  drawStroke(session, 1, 1, 50, 50);
  session.setPicture(PICTURE.picture!);
  const refused = session.drawing;
  drawStroke(session, 2, 2, 60, 60);
  session.rejectPicture(refused);
  assert.deepEqual(pointsOf(session), [[2, 2, 60, 60]]);
  session.undo();
  session.rejectPicture(refused);
  assert.deepEqual(pointsOf(session), [[1, 1, 50, 50]]);
});

test("an example is one step, and ends with a save", () => {
  const session = newSession();
  session.playExample([[1, 1, 2, 2], [3, 3, 4, 4]], 16);
  for (const frame of frames) frame();
  assert.deepEqual(pointsOf(session), [[1, 1, 2, 2], [3, 3, 4, 4]]);
  assert.equal(events.at(-1), "save");
  assert.equal(stopped, 0);
  session.undo();
  assert.equal(session.drawing.strokes.length, 0);
});

test("a stroke stops the example that is being drawn", () => {
  const session = newSession();
  session.playExample([[1, 1, 2, 2], [3, 3, 4, 4]], 16);
  frames[0]();
  drawStroke(session, 5, 5, 6, 6);
  drawStroke(session, 7, 7, 8, 8);
  assert.equal(stopped, 1);
});

test("strokes of an earlier visit can be undone", () => {
  const session = newSession();
  session.restore([]);
  assert.ok(!session.canUndo);
  session.restore([{ points: [1, 1, 2, 2], width: 10 }]);
  assert.ok(session.canUndo);
  assert.deepEqual(session.drawing.strokes, [{ points: [1, 1, 2, 2], width: 10 }]);
});
