import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, AskOptions, Question, Reading } from "../src/recognition/recognizer.ts";
import { RecognizerChoice } from "../src/recognition/recognizer_choice.ts";
import { drawingOf, PICTURE } from "./drawings.ts";

const QUESTION: Question = {
  drawing: drawingOf([1, 1, 2, 2]),
  ink: Uint8Array.of(0, 255),
  model: { name: "default", version: "1", graph: { url: "http://pad/1.onnx", refuses: true } },
  layers: [],
  digit: null,
};
const OPTIONS: AskOptions = { signal: new AbortController().signal, interim: () => {} };
const [LOCAL, REMOTE] = [1, 0].map((digitScore) => ({ probabilities: [1], digitScore }));
const READING: Answer = { kind: "reading", reading: {} as Reading };

/** A browser in some state, a server, and the names of those who were asked. It loads until `load`. */
function choiceOf({ ready = true, loading = false, fails = false, load = Promise.resolve(true) }) {
  const asked: string[] = [];
  const prepared: string[] = [];
  const ask = <Value>(name: string, value: Value, failing = false) => async (): Promise<Value> => {
    asked.push(name);
    if (failing) throw new Error("broken");
    return value;
  };
  const kernel = { shape: [1, 1, 1] as const, weights: [2] };
  const browser = {
    isReady: () => ready,
    isLoading: () => loading,
    loaded: async () => { ready = await load; },
    prepare: ({ name }: { name: string }) => { prepared.push(name); },
    recognize: ask("browser", READING, fails),
    kernel: ask("browser", kernel, fails),
    classifyCanvases: ask("browser", [LOCAL], fails),
  };
  const server = { recognize: ask("server", READING), classifyCanvases: ask("server", [REMOTE]) };
  return { asked, prepared, choice: new RecognizerChoice(browser, server) };
}

test("the browser answers once the model is ready", async () => {
  const { asked, choice } = choiceOf({});
  assert.equal(choice.place(QUESTION.model), "browser");
  assert.equal(await choice.recognize(QUESTION, OPTIONS), READING);
  assert.deepEqual(await choice.kernel(QUESTION.model, "conv1", 0), {
    shape: [1, 1, 1], weights: [2],
  });
  assert.deepEqual(await choice.classifyCanvases(QUESTION.model, [], OPTIONS.signal), [LOCAL]);
  assert.deepEqual(asked, ["browser", "browser", "browser"]);
});

test("the server answers while the browser loads the model, and where it cannot", async () => {
  for (const loading of [true, false]) {
    const { asked, prepared, choice } = choiceOf({ ready: false, loading });
    assert.equal(choice.place(QUESTION.model), loading ? "loading" : "server");
    await choice.recognize(QUESTION, OPTIONS);
    assert.equal(await choice.kernel(QUESTION.model, "conv1", 0), undefined);
    assert.deepEqual(await choice.classifyCanvases(QUESTION.model, [], OPTIONS.signal), [REMOTE]);
    assert.deepEqual(asked, ["server", "server"]);
    assert.deepEqual(prepared, ["default"]);
  }
});

test("a drawing that stays in the browser waits until the model is loaded, or cannot be", async () => {
  for (const succeeds of [true, false]) {
    let resolve = (_: boolean): void => {};
    const load = new Promise<boolean>((done) => { resolve = done; });
    const { asked, prepared, choice } = choiceOf({ ready: false, loading: true, load });
    const answer = choice.recognizeInBrowser(QUESTION, OPTIONS);
    await new Promise((done) => setTimeout(done));
    assert.deepEqual([asked, prepared], [[], ["default"]]);
    resolve(succeeds);
    assert.equal(await answer, READING);
    assert.deepEqual(asked, [succeeds ? "browser" : "server"]);
  }
});

test("the server answers where the browser fails", async () => {
  const { asked, choice } = choiceOf({ fails: true });
  assert.equal(await choice.recognize(QUESTION, OPTIONS), READING);
  assert.deepEqual(await choice.classifyCanvases(QUESTION.model, [], OPTIONS.signal), [REMOTE]);
  assert.equal(await choice.kernel(QUESTION.model, "conv1", 0), undefined);
  assert.deepEqual(asked, ["browser", "server", "browser", "server", "browser"]);
});

test("the server is not asked for what is no longer wanted", async () => {
  const { asked, choice } = choiceOf({ fails: true });
  assert.equal(
    await choice.classifyCanvases(QUESTION.model, [], AbortSignal.abort()), undefined);
  assert.deepEqual(asked, ["browser"]);
});

test("a picture that the browser cannot decode goes to the server", async () => {
  const { asked, choice } = choiceOf({});
  await choice.recognize({ ...QUESTION, drawing: PICTURE, ink: null }, OPTIONS);
  assert.deepEqual(asked, ["server"]);
});
