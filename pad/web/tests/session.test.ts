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
    {
      edit: on("edit"), replace: on("replace"), begin: on("begin"), save: on("save"),
      eraseOnPicture: on("eraseOnPicture"),
    }, replay);
}

function drawStroke(session: DrawingSession, ...points: number[]): void {
  const stroke = session.beginStroke(points.slice(0, 2), 16, false);
  stroke.move(points.slice(2));
  stroke.end();
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
  assert.deepEqual(events, ["begin", "replace", "edit", "edit", "save"]);
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
  const eraser = session.beginStroke([100, 0], 16, true);
  eraser.move([100, 200]);
  eraser.end();
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
  session.redo();
  assert.notEqual(session.drawing, refused, "nobody can go to it again");
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

test("an example that is interrupted is completed: no half of it can be undone to", () => {
  const whole = [[1, 1, 2, 2], [3, 3, 4, 4]];
  const interrupting: ((session: DrawingSession) => void)[] = [
    (session) => session.undo(),
    (session) => session.clear(),
    (session) => session.setPicture(PICTURE.picture!),
    (session) => session.playExample([[9, 9]], 16),
    (session) => drawStroke(session, 5, 5, 6, 6),
    (session) => session.beginStroke([200, 200], 16, true).end(),
  ];
  for (const interrupt of interrupting) {
    const session = newSession();
    drawStroke(session, 0, 0, 1, 1);
    session.playExample(whole, 16);
    frames[0]();
    interrupt(session);
    while (session.canUndo) session.undo();
    const states: Points[][] = [];
    while (session.canRedo) {
      session.redo();
      states.push(pointsOf(session));
    }
    assert.deepEqual(states[0], [[0, 0, 1, 1]]);
    assert.deepEqual(states[1], whole);
  }
});

test("a stroke that was interrupted ignores its pen until it is put down again", () => {
  const interrupting: ((session: DrawingSession) => void)[] = [
    (session) => session.undo(),
    (session) => session.redo(),
    (session) => session.clear(),
    (session) => session.setPicture(PICTURE.picture!),
    (session) => session.playExample([[9, 9, 8, 8]], 16),
    (session) => { session.beginStroke([7, 7], 16, false); },
    (session) => session.interruptStroke(),
  ];
  for (const erase of [false, true]) {
    for (const interrupt of interrupting) {
      const session = newSession();
      drawStroke(session, 0, 100, 200, 100);
      let calls = 0;
      const stroke = session.beginStroke([100, 90], 16, erase, () => { calls++; });
      interrupt(session);
      const { drawing } = session;
      stroke.move([50, 100]);
      stroke.end();
      stroke.move([20, 100]);
      assert.equal(session.drawing, drawing);
      assert.equal(calls, 1);
      drawStroke(session, 1, 1, 2, 2);
      assert.deepEqual(pointsOf(session).at(-1), [1, 1, 2, 2]);
    }
  }
});

test("a pen that is lifted is not interrupted later", () => {
  const session = newSession();
  session.beginStroke([1, 1], 16, false, () => assert.fail("it was lifted")).end();
  session.clear();
});

test("an eraser that touches nothing is no step", () => {
  const session = newSession();
  drawStroke(session, 0, 100, 200, 100);
  const { drawing } = session;
  const eraser = session.beginStroke([100, 0], 16, true);
  eraser.move([120, 10]);
  eraser.end();
  assert.equal(session.drawing, drawing);
  session.undo();
  assert.ok(!session.canUndo, "there was one step, the stroke");
  session.redo();
  session.undo();
  const another = session.beginStroke([100, 100], 16, true);
  another.end();
  assert.ok(session.canRedo, "what was undone can still be redone");
});

test("the eraser says that it does not change a picture", () => {
  const session = newSession();
  session.setPicture(PICTURE.picture!);
  const { drawing } = session;
  session.beginStroke([100, 100], 16, true).end();
  assert.equal(session.drawing, drawing);
  assert.ok(events.includes("eraseOnPicture"));
});

test("a picture of an earlier visit can be undone", () => {
  const session = newSession();
  session.restore({ picture: PICTURE.picture! });
  assert.deepEqual(session.drawing, PICTURE);
  session.undo();
  assert.equal(session.drawing.picture, null);
});

test("strokes of an earlier visit can be undone", () => {
  const session = newSession();
  session.restore({ strokes: [] });
  assert.ok(!session.canUndo);
  session.restore({ strokes: [{ points: [1, 1, 2, 2], width: 10 }] });
  assert.ok(session.canUndo);
  assert.deepEqual(session.drawing.strokes, [{ points: [1, 1, 2, 2], width: 10 }]);
});
