import assert from "node:assert/strict";
import { test } from "node:test";
import { nextIndex } from "../src/ui/roving_focus.ts";
import { actionOf, type ShortcutActions } from "../src/ui/shortcuts.ts";
import { restoreVisit, saveVisit, type Visit } from "../src/ui/storage.ts";
import { Texts } from "../src/ui/texts.ts";
import { useStorage } from "./storage.ts";

/** The name of the action that a key has. */
function actionFor(key: string, modifiers: Partial<KeyboardEvent> = {}): string | undefined {
  let called: string | undefined;
  const named = (name: string) => () => { called = name; };
  const actions: ShortcutActions = {
    undo: named("undo"), redo: named("redo"), clear: named("clear"), eraser: named("eraser"),
    thinner: named("thinner"), thicker: named("thicker"),
    other: (event) => (event.key === "ArrowUp" ? named("other") : undefined),
  };
  actionOf({ key, ...modifiers } as KeyboardEvent, actions)?.();
  return called;
}

test("keys have their actions", () => {
  const keys = ["e", "E", "c", "Delete", "Backspace", "[", "]", "ArrowUp", "x", "z"];
  assert.deepEqual(keys.map((key) => actionFor(key)), [
    "eraser", "eraser", "clear", "clear", "clear", "thinner", "thicker", "other", undefined, undefined,
  ]);
});

test("a key that is held does not choose the eraser and the pen in turn", () => {
  assert.equal(actionFor("e", { repeat: true }), undefined);
  assert.equal(actionFor("z", { ctrlKey: true, repeat: true }), "undo");
});

test("undo and redo need a modifier, the browser keeps its other shortcuts", () => {
  for (const modifier of [{ ctrlKey: true }, { metaKey: true }]) {
    assert.equal(actionFor("z", modifier), "undo");
    assert.equal(actionFor("Z", { ...modifier, shiftKey: true }), "redo");
    assert.equal(actionFor("y", modifier), "redo");
    assert.equal(actionFor("c", modifier), undefined);
    assert.equal(actionFor("ArrowUp", modifier), undefined);
  }
});

test("keyboards of other scripts have the same shortcuts, those of other Latin orders their letters", () => {
  assert.equal(actionFor("я", { code: "KeyZ", ctrlKey: true }), "undo");
  assert.equal(actionFor("с", { code: "KeyC" }), "clear");
  assert.equal(actionFor("z", { code: "KeyY", ctrlKey: true }), "undo");
  assert.equal(actionFor("ж", { code: "Semicolon" }), undefined);
});

test("texts have their placeholders filled in", () => {
  const texts = new Texts();
  const root = { querySelectorAll: () => [] } as unknown as HTMLElement;
  assert.equal(texts.get("digit", { a: 1 }), "digit");
  texts.load('{"digit": "{a} or {b}"}', root);
  assert.equal(texts.get("digit", { a: 1, b: 7 }), "1 or 7");
  texts.load("not translated yet", root);
  assert.equal(texts.get("digit", { a: 1, b: 7 }), "1 or 7");
  assert.equal(texts.get("unknown"), "unknown");
});

const VISIT: Visit = { strokes: [{ points: [1, 2], width: 16 }], model: "default", penWidth: 24 };

test("a visit is restored", () => {
  useStorage();
  restoreVisit(() => assert.fail("nothing was saved"));
  saveVisit(VISIT);
  let restored: Visit | undefined;
  restoreVisit((visit) => { restored = visit; });
  assert.deepEqual(restored, VISIT);
});

test("what cannot be restored is deleted", () => {
  const items = useStorage();
  items.set("drawpad", "{");
  restoreVisit(() => assert.fail("it is no JSON"));
  assert.equal(items.size, 0);
  saveVisit(VISIT);
  restoreVisit(() => { throw new Error("not usable"); });
  assert.equal(items.size, 0);
});

test("a picture that has no room in the storage is left out", () => {
  let saved = "";
  useStorage((_, value) => {
    if (value.includes("AAAA")) throw new Error("quota exceeded");
    saved = value;
  });
  saveVisit({ ...VISIT, picture: "AAAA" });
  assert.deepEqual(JSON.parse(saved), VISIT);
});

test("a full storage is no error", () => {
  useStorage(() => { throw new Error("quota exceeded"); });
  saveVisit(VISIT);
});

test("arrow keys go around in a group of buttons", () => {
  assert.equal(nextIndex("ArrowRight", 0, 3), 1);
  assert.equal(nextIndex("ArrowDown", 2, 3), 0);
  assert.equal(nextIndex("ArrowLeft", 0, 3), 2);
  assert.equal(nextIndex("ArrowUp", 2, 3), 1);
  assert.equal(nextIndex("Home", 2, 3), 0);
  assert.equal(nextIndex("End", 0, 3), 2);
  assert.equal(nextIndex("Enter", 0, 3), null);
  assert.equal(nextIndex("ArrowRight", -1, 3), null);
});
