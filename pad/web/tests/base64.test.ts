import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBytes, encodeBytes } from "../src/recognition/base64.ts";

test("bytes survive", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(decodeBytes(encodeBytes(bytes)), bytes);
  assert.equal(encodeBytes(bytes), Buffer.from(bytes).toString("base64"));
});
