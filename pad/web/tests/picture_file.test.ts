import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSize, isHeic, PictureError } from "../src/drawing/picture_file.ts";

test("a picture that is too narrow once it is scaled down is refused with the size it was given in", () => {
  checkSize({ width: 1024, height: 8 }, { width: 8192, height: 64 });
  assert.throws(
    () => checkSize({ width: 1024, height: 3 }, { width: 6000, height: 20 }),
    (error: PictureError) => {
      assert.equal(error.problem, "picture_small");
      assert.deepEqual(error.size, { width: 6000, height: 20 });
      return true;
    });
  assert.throws(() => checkSize({ width: 7, height: 300 }), PictureError);
});

test("HEIC photos are known by any of their brands", () => {
  const file = (...brands: string[]) => btoa(`\0\0\0\x1cftyp${brands.join("\0\0\0\0")}meta`);
  for (const brand of ["heic", "heix", "hevc", "heim"]) assert.ok(isHeic(file(brand, "mif1")));
  assert.ok(isHeic(file("mif1", "miafheic")));
  assert.ok(isHeic(file("msf1", "hevc")));
  for (const other of [file("avif", "mif1miaf"), file("isom", "mp42"), btoa("\x89PNG heic")]) {
    assert.ok(!isHeic(other));
  }
});
