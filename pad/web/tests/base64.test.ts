import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBytes, encodeBytes, joinBytes } from "../src/recognition/base64.ts";

test("bytes survive", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(decodeBytes(encodeBytes(bytes)), bytes);
  assert.equal(encodeBytes(bytes), Buffer.from(bytes).toString("base64"));
});

test("arrays of any length survive", () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  assert.deepEqual(decodeBytes(encodeBytes(bytes)), bytes);
});

test("arrays are joined", () => {
  assert.deepEqual(joinBytes([Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)]),
    Uint8Array.of(1, 2, 3));
});
