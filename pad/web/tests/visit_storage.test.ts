import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Drawing, Picture } from "../src/drawing/drawing.ts";
import { DrawingSession } from "../src/drawing/session.ts";
import { VisitStorage } from "../src/page/visit_storage.ts";
import { drawingOf, PICTURE } from "./drawings.ts";
import { useNoStorage, useStorage } from "./storage.ts";

const SEVEN = drawingOf([20, 20, 100, 20, 50, 120]);

/** A page that is loaded: what is asked of it, and what it has. */
interface Page {
  readonly session: DrawingSession;
  readonly visit: VisitStorage;
  /** the model's name, and how often a first model was asked for */
  readonly models: { name: string; starts: number; start(name?: string): void };
  readonly pen: { penWidth: number; choosePen(width: number): void };
  /** the picture that is being decoded, and what is called with it then */
  readonly decoding: { base64: string; use: (picture: Picture) => void }[];
}

function load(model = "default"): Page {
  const pen = { penWidth: 16, choosePen: (width: number) => { pen.penWidth = width; } };
  const decoding: { base64: string; use: (picture: Picture) => void }[] = [];
  const nothing = () => {};
  const session: DrawingSession = new DrawingSession({
    edit: nothing, replace: nothing, eraseOnPicture: nothing,
    begin: () => visit.dropPicture(),
    save: () => visit.save(),
  }, () => nothing);
  const pictures = {
    decode: (base64: string, use: (picture: Picture) => void) => { decoding.push({ base64, use }); },
  };
  const models = {
    name: model, starts: 0,
    start: (name = model) => {
      models.name = name;
      models.starts++;
    },
  };
  const visit = new VisitStorage(session, pen, pictures, models);
  return { session, visit, models, pen, decoding };
}

/** Draw as a pen would. */
function draw({ session }: Page, { strokes }: Drawing): void {
  for (const { points, width } of strokes) {
    const stroke = session.beginStroke(points.slice(0, 2), width, false);
    stroke.move(points.slice(2));
    stroke.end();
  }
}

beforeEach(() => { useStorage(); });

test("the first visit has nothing to continue", () => {
  const page = load();
  page.visit.restore();
  assert.deepEqual([page.models.name, page.models.starts], ["default", 1]);
  assert.ok(!page.session.canUndo);
});

test("a browser that keeps nothing for the page shows it all the same", () => {
  useNoStorage();
  const page = load();
  page.visit.restore();
  draw(page, SEVEN);
  assert.equal(page.models.starts, 1);
  assert.deepEqual(page.session.drawing, SEVEN);
});

test("a reload keeps strokes, model and pen", () => {
  const before = load("tiny");
  before.pen.choosePen(24);
  draw(before, SEVEN);
  load().visit.restore();
  const page = load(); // loaded again before the server has described the model
  page.visit.restore();
  assert.deepEqual([page.models.name, page.models.starts], ["tiny", 1]);
  assert.deepEqual(page.session.drawing, SEVEN);
  assert.equal(page.pen.penWidth, 24);
  assert.deepEqual(page.decoding, []);
});

test("a reload keeps a picture", () => {
  load().session.setPicture(PICTURE.picture!);
  const page = load();
  page.visit.restore();
  assert.equal(page.decoding[0].base64, "AAAA");
  page.decoding[0].use(PICTURE.picture!);
  assert.deepEqual(page.session.drawing, PICTURE);
});

test("a picture is kept if the page is loaded again before it is decoded", () => {
  load().session.setPicture(PICTURE.picture!);
  const second = load();
  second.visit.restore();
  second.visit.save(); // as when the model is there
  const third = load();
  third.visit.restore();
  assert.equal(third.decoding[0]?.base64, "AAAA");
});

test("a picture is not kept once it is another drawing", () => {
  const others: ((page: Page) => void)[] = [
    (page) => draw(page, SEVEN), // before it is decoded
    ({ session, decoding }) => {
      decoding[0].use(PICTURE.picture!);
      session.undo();
    },
    ({ session, visit, decoding }) => { // without anything that the user begins
      decoding[0].use(PICTURE.picture!);
      session.rejectPicture(session.drawing);
      visit.save();
    },
  ];
  for (const other of others) {
    load().session.setPicture(PICTURE.picture!);
    const page = load();
    page.visit.restore();
    other(page);
    const next = load();
    next.visit.restore();
    assert.deepEqual(next.decoding, []);
    assert.deepEqual(next.session.drawing, page.session.drawing);
  }
});
