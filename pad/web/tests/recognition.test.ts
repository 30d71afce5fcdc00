import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { EMPTY } from "../src/drawing/drawing.ts";
import { Recognition } from "../src/recognition/recognition.ts";
import type { Answer, Question, Reading, Recognizer } from "../src/recognition/recognizer.ts";
import { drawingOf, PICTURE } from "./drawings.ts";

const MODEL = { name: "default", version: "1" };
const SEVEN = drawingOf([20, 20, 100, 20, 50, 120]);
const READING = { size: null } as Reading;

/** A recognizer whose answers are given by hand. */
class ManualRecognizer implements Recognizer {
  readonly asked: Question[] = [];
  #answer: (answer: Answer) => void = () => {};

  recognize(question: Question): Promise<Answer> {
    this.asked.push(question);
    return new Promise((done) => { this.#answer = done; });
  }

  async answer(answer: Answer): Promise<void> {
    this.#answer(answer);
    await new Promise((done) => setImmediate(done));
  }
}

let recognizer: ManualRecognizer;
let recognition: Recognition;
let events: unknown[][] = [];

afterEach(() => mock.timers.reset());

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] }); // no question is repeated, none keeps node running
  events = [];
  const on = (name: string) => (...values: unknown[]) => { events.push([name, ...values]); };
  recognizer = new ManualRecognizer();
  recognition = new Recognition(recognizer, { size: 56, box: 40, pen: 4 }, {
    reading: on("reading"), blank: on("blank"), stale: on("stale"), error: on("error"),
    connection: on("connection"), idle: on("idle"),
  });
});

test("strokes are asked about with their ink", async () => {
  recognition.request(SEVEN, MODEL, ["conv1"], 2);
  const [{ ink, ...question }] = recognizer.asked;
  assert.equal(ink?.length, 56 * 56);
  assert.equal(question.drawing, SEVEN);
  assert.deepEqual(question.layers, ["conv1"]);
  assert.equal(question.digit, 2);
  await recognizer.answer({ kind: "reading", reading: READING });
  assert.deepEqual(events, [["reading", READING, SEVEN], ["idle"]]);
});

test("a picture is asked about without ink", () => {
  recognition.request(PICTURE, MODEL, [], null);
  assert.equal(recognizer.asked[0].ink, null);
});

test("a drawing without extent is blank, and nobody is asked", () => {
  recognition.request(EMPTY, MODEL, [], null);
  recognition.request(drawingOf([5, 5]), MODEL, [], null);
  assert.deepEqual(events, [["blank", true], ["blank", false]]);
  assert.deepEqual(recognizer.asked, []);
});

test("a touch of a hand that does not hold still is blank, a short line is not", () => {
  recognition.request(drawingOf([50, 50, 52, 53]), MODEL, [], null);
  assert.deepEqual(events, [["blank", false]]);
  recognition.request(drawingOf([50, 50, 52, 60]), MODEL, [], null);
  assert.equal(recognizer.asked.length, 1);
});

test("an answer about a drawing that was cleared is ignored", async () => {
  recognition.request(SEVEN, MODEL, [], null);
  recognition.request(EMPTY, MODEL, [], null);
  await recognizer.answer({ kind: "reading", reading: READING });
  assert.deepEqual(events, [["blank", true], ["idle"]]);
});

test("an answer about another drawing is ignored", async () => {
  recognition.request(SEVEN, MODEL, [], null);
  recognition.discard();
  recognition.request(PICTURE, MODEL, [], null);
  await recognizer.answer({ kind: "error", message: "unreadable" });
  await recognizer.answer({ kind: "reading", reading: READING });
  assert.deepEqual(events, [["reading", READING, PICTURE], ["idle"]]);
});

test("of the questions that wait, only the newest is asked", async () => {
  const drawings = [SEVEN, drawingOf([1, 1, 9, 9]), drawingOf([2, 2, 9, 9])];
  for (const drawing of drawings) recognition.request(drawing, MODEL, [], null);
  await recognizer.answer({ kind: "reading", reading: READING });
  await recognizer.answer({ kind: "reading", reading: READING });
  assert.deepEqual(recognizer.asked.map(({ drawing }) => drawing), [drawings[0], drawings[2]]);
  assert.ok(recognizer.asked.every(({ ink }) => ink?.some((grey) => grey > 0)));
});

test("an error names its drawing, a stale model its name", async () => {
  recognition.request(SEVEN, MODEL, [], null);
  await recognizer.answer({ kind: "error", message: "unreadable" });
  recognition.request(SEVEN, MODEL, [], null);
  await recognizer.answer({ kind: "stale" });
  const fault = { kind: "error", message: "unreadable" };
  assert.deepEqual(events, [["error", fault, SEVEN], ["idle"], ["stale", "default"], ["idle"]]);
});
