import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Question } from "../src/recognition/recognizer.ts";
import type { ClassifyReply, Failure } from "../src/recognition/server.ts";
import { rowStrokes, ServerRecognizer } from "../src/recognition/server_recognizer.ts";
import { drawingOf, PICTURE } from "./drawings.ts";

const LIMITS = { strokes: 3, positions: 6, total: 10 };
const QUESTION: Question = {
  drawing: drawingOf([1, 1, 2, 2], [3.14159, 4, 5, 6]),
  ink: Uint8Array.of(0, 128, 255),
  model: { name: "default", version: "1" },
  layers: ["conv1"],
  digit: null,
};
const REPLY: ClassifyReply = {
  digit: 7, is_digit: true, digit_score: 0.98, reason: null, close: [7, 1], blank: false,
  probabilities: [0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
  frame: "AAEC",
  maps: { conv1: { shape: [1, 1, 2], top: 0.5, peaks: [0.5], pixels: "/wA=" } },
  hidden: { shape: [2, 1, 1], top: 2, peaks: [2, 0], pixels: "/wA=" },
};

const options = (signal = new AbortController().signal, interim: (answer: Answer) => void = () => {}) =>
  ({ signal, interim });

/** A server that replies the same to everything, and keeps what it was asked. */
function serverThat(reply: ClassifyReply | Failure | undefined) {
  const asked: [string, unknown][] = [];
  const answer = (name: string) => async (request: unknown) => {
    asked.push([name, request]);
    return reply;
  };
  const server = {
    classify_ink: answer("ink"), classify_picture: answer("picture"),
    classify_canvases: async (request: unknown) => {
      asked.push(["canvases", request]);
      return reply && "error" in reply ? reply : { probabilities: [[0, 1]], digit_scores: [0.5] };
    },
  };
  return { asked, recognizer: new ServerRecognizer(server, LIMITS) };
}

test("strokes are sent as ink, with what may be a row", async () => {
  const { asked, recognizer } = serverThat(REPLY);
  await recognizer.recognize(QUESTION, options());
  assert.deepEqual(asked, [["ink", {
    model: "default", version: "1", layers: ["conv1"], digit: null,
    ink: "AID/", strokes: [[1, 1, 2, 2], [3.1, 4, 5, 6]], explain: false,
  }]]);
});

test("a server that is busy is asked again, as one that does not answer", async () => {
  const { recognizer } = serverThat({ error: "busy with other pictures", busy: true });
  assert.equal(await recognizer.recognize(
    { ...QUESTION, drawing: PICTURE, ink: null }, options()), undefined);
});

test("a picture is sent as its file", async () => {
  const { asked, recognizer } = serverThat(REPLY);
  await recognizer.recognize(
    { ...QUESTION, drawing: PICTURE, ink: null, digit: 1 }, options());
  assert.deepEqual(asked, [["picture", {
    model: "default", version: "1", layers: ["conv1"], digit: 1, picture: "AAAA",
  }]]);
});

test("a reply is decoded", async () => {
  const row = { looked_at: 1, digits: [{ digit: 7, is_digit: false, box: [1, 2, 3, 4] }] };
  const { recognizer } = serverThat({ ...REPLY, row, size: [30, 20] } as ClassifyReply);
  const answer = await recognizer.recognize(QUESTION, options());
  assert.ok(answer?.kind === "reading");
  const { prediction, frame, maps, hidden, row: decoded, size } = answer.reading;
  assert.deepEqual(prediction, {
    digit: 7, isDigit: true, reason: null, close: [7, 1], blank: false,
    probabilities: REPLY.probabilities,
  });
  assert.deepEqual(frame, Uint8Array.of(0, 1, 2));
  assert.deepEqual(maps, { conv1: { top: 0.5, peaks: [0.5], pixels: Uint8Array.of(255, 0) } });
  assert.deepEqual(hidden, { top: 2, peaks: [2, 0], pixels: Uint8Array.of(255, 0) });
  assert.deepEqual(decoded, {
    lookedAt: 1, digits: [{ digit: 7, isDigit: false, box: [1, 2, 3, 4] }],
  });
  assert.deepEqual(size, [30, 20]);
});

test("a drawing that is no row has none, and strokes have no size", async () => {
  const answer = await serverThat(REPLY).recognizer.recognize(QUESTION, options());
  assert.ok(answer?.kind === "reading");
  assert.equal(answer.reading.row, null);
  assert.equal(answer.reading.size, null);
});

test("errors, stale models and silence are told apart", async () => {
  const answerTo = (reply: Failure | undefined) =>
    serverThat(reply).recognizer.recognize(QUESTION, options());
  const small = { error: "too small", problem: "picture_small", size: [20, 6] as [number, number] };
  assert.deepEqual(await answerTo(small),
    { kind: "error", message: "too small", problem: "picture_small", size: [20, 6] });
  assert.deepEqual(await answerTo({ error: "replaced", stale: true }), { kind: "stale" });
  assert.equal(await answerTo(undefined), undefined);
});

test("single strokes, and more than the server takes, are no row", () => {
  const many = [[1, 1], [2, 2], [3, 3], [4, 4]];
  assert.deepEqual(rowStrokes(drawingOf(many[0]), LIMITS), []);
  assert.deepEqual(rowStrokes(drawingOf(...many), LIMITS), []);
  assert.deepEqual(rowStrokes(drawingOf([1, 1], [1, 1, 2, 2, 3, 3, 4, 4]), LIMITS), []);
  assert.deepEqual(rowStrokes(drawingOf(...Array(3).fill([1, 1, 2, 2])), LIMITS), []);
  assert.equal(rowStrokes(drawingOf(...many.slice(1)), LIMITS).length, 3);
});

test("canvases are sent one after the other", async () => {
  const { asked, recognizer } = serverThat(REPLY);
  const canvases = [Uint8Array.of(0, 128), Uint8Array.of(255)];
  assert.deepEqual(await recognizer.classifyCanvases(QUESTION.model, canvases), [
    { probabilities: [0, 1], digitScore: 0.5 },
  ]);
  assert.deepEqual(asked, [["canvases", { model: "default", version: "1", canvases: "AID/" }]]);
  const failing = serverThat({ error: "replaced", stale: true }).recognizer;
  assert.equal(await failing.classifyCanvases(QUESTION.model, canvases), undefined);
});

/** A recognizer whose server gives each reply once, or none, and the requests with their signals. */
function serverInTurn(...replies: (ClassifyReply | Failure | undefined)[]) {
  const asked: { explain: boolean; signal: AbortSignal | undefined }[] = [];
  const classify_ink = async ({ explain }: { explain: boolean }, signal?: AbortSignal) => {
    asked.push({ explain, signal });
    return replies.length ? replies.shift() : new Promise<undefined>((_, fail) =>
      signal?.addEventListener("abort", () => fail(new Error("cancelled"))));
  };
  const server = {
    classify_ink, classify_picture: async () => undefined, classify_canvases: async () => undefined,
  };
  return { asked, recognizer: new ServerRecognizer(server, LIMITS) };
}

const REFUSED: ClassifyReply = { ...REPLY, is_digit: false, reason: "not a digit", explained: false };
const reasonOf = (answer?: Answer) =>
  answer?.kind === "reading" ? answer.reading.prediction.reason : answer?.kind;

test("a refusal is shown, then asked about again with its explanation", async () => {
  const interim: Answer[] = [];
  const { asked, recognizer } = serverInTurn(
    REFUSED, { ...REFUSED, reason: "several digits", explained: true });
  const answer = await recognizer.recognize(
    QUESTION, options(undefined, (one) => interim.push(one)));
  assert.deepEqual(asked.map(({ explain }) => explain), [false, true]);
  assert.deepEqual([...interim, answer].map(reasonOf), ["not a digit", "several digits"]);
});

test("a refusal of a drawing that goes on is not explained", async () => {
  const { asked, recognizer } = serverInTurn(REFUSED);
  const answer = await recognizer.recognize(QUESTION, options(AbortSignal.abort()));
  assert.deepEqual([asked.length, answer], [1, { kind: "superseded" }]);
});

test("the question for an explanation is cancelled when the drawing goes on", async () => {
  const newer = new AbortController();
  const { asked, recognizer } = serverInTurn(REFUSED);
  const answer = recognizer.recognize(QUESTION, options(newer.signal));
  await new Promise((done) => setImmediate(done));
  newer.abort();
  assert.deepEqual(await answer, { kind: "superseded" });
  assert.deepEqual(asked.map(({ signal }) => signal?.aborted), [false, true]);
});

test("a request that is given up is cancelled", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { asked, recognizer } = serverInTurn();
  const answer = recognizer.recognize(QUESTION, options());
  context.mock.timers.tick(3999);
  assert.equal(asked[0].signal?.aborted, false);
  context.mock.timers.tick(1);
  assert.equal(await answer, undefined);
  assert.equal(asked[0].signal?.aborted, true);
});
