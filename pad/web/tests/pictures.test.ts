import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Picture } from "../src/drawing/drawing.ts";
import { beginsLikePicture } from "../src/drawing/picture_file.ts";
import { PictureLoader } from "../src/drawing/picture_loader.ts";
import { contrastingBackground } from "../src/drawing/picture_pixels.ts";

const pictureOf = (base64: string): Picture => ({ base64, bitmap: null, background: null });

let busy = false;
let used: string[] = [];
let failures: unknown[] = [];
let loader: PictureLoader;

beforeEach(() => {
  [busy, used, failures] = [false, [], []];
  loader = new PictureLoader({
    busy: () => { busy = loader.busy; },
    failed: (error) => { failures.push(error); },
  });
});

/** Start to load a picture that is there when the returned function is called. */
function load(): { done: (base64: string) => void; fail: () => void; end: Promise<void> } {
  let resolve: (picture: Picture) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<Picture>((yes, no) => { [resolve, reject] = [yes, no]; });
  const end = loader.load(() => promise, (picture) => used.push(picture.base64));
  return { done: (name) => resolve(pictureOf(name)), fail: () => reject(new Error("bad")), end };
}

test("a picture is waited for, then used", async () => {
  const file = load();
  assert.ok(busy);
  file.done("a");
  await file.end;
  assert.deepEqual([busy, used], [false, ["a"]]);
});

test("of two files the later one counts, whichever is read first", async () => {
  for (const order of [[0, 1], [1, 0]]) {
    used = [];
    const files = [load(), load()];
    for (const i of order) {
      files[i].done("ab"[i]);
      await files[i].end;
    }
    assert.deepEqual([busy, used], [false, ["b"]]);
  }
});

test("a picture that was dropped is not used, nor is its failure reported", async () => {
  const [file, bad] = [load(), load()];
  loader.drop();
  assert.ok(!busy);
  file.done("a");
  bad.fail();
  await Promise.all([file.end, bad.end]);
  assert.deepEqual([used, failures], [[], []]);
});

test("a failure is reported", async () => {
  const file = load();
  file.fail();
  await file.end;
  assert.deepEqual([busy, used, failures.length], [false, [], 1]);
});

test("a transparent picture is seen on what contrasts with it", () => {
  const [white, black, nothing] = [[255, 255, 255, 255], [0, 0, 0, 255], [255, 255, 255, 0]];
  assert.equal(contrastingBackground([...white, ...nothing]), "#000");
  assert.equal(contrastingBackground([...black, ...nothing]), "#fff");
  assert.equal(contrastingBackground([...black, ...white]), null);
});

test("only files that begin like a picture are sent to the server", () => {
  const begins = (text: string) => beginsLikePicture(btoa(text));
  for (const text of [
    "\x89PNG\r\n\x1a\n....", "\xff\xd8\xff\xe0....", "GIF89a......", "BM..........",
    "RIFF\x0a\0\0\0WEBP", "II*\0........", "MM\0*........", "\0\0\0\x1cftypavif",
  ]) assert.ok(begins(text), text);
  for (const text of ["", "P", "hello, world", "%PDF-1.7....", "%!PS-Adobe-3", "<html></html>",
    "RIFF\x0a\0\0\0WAVE", "\0\0\0\x1cftypheic"]) assert.ok(!begins(text), text);
});
