import assert from "node:assert/strict";
import { test } from "node:test";
import type { FeatureMaps } from "../src/recognition/recognizer.ts";
import { colourMaps, mapGreys, mapOrder } from "../src/views/maps.ts";
import { frameBox, inputPatch, pixelAt } from "../src/views/receptive_field.ts";
import { nextIndex } from "../src/views/roving.ts";
import { WORDS_WIDTH } from "../src/views/stage_caption.ts";
import { INPUT_WIDTH, OUTPUT_WIDTH, stageWidth, stripGrids } from "../src/views/strip_layout.ts";
import { arrange, extent, type Room } from "../src/views/tiling.ts";

const ROOM: Room = { width: 700, height: 220, gap: 3, groupGap: 24, narrowest: 0, largest: 64 };
const SIMPLE_CNN = Array.from({ length: 10 }, (_, i) => 32 + 16 * i);

for (const counts of [[10, 20], [12, 16, 24, 24, 24, 12], [16, 16, 32, 32], [32, 32, 64, 64], [48], SIMPLE_CNN]) {
  test(`${counts.join(", ")} maps are full rows within the room`, () => {
    const room = { ...ROOM, gap: 1, groupGap: 12, width: 900 };
    const { tile, columns } = arrange(counts, room);
    counts.forEach((count, i) => {
      assert.equal(count % columns[i], 0);
      assert.ok(extent(count / columns[i], tile, room.gap) <= room.height);
    });
    const widths = columns.map((count) => extent(count, tile, room.gap));
    assert.ok(widths.reduce((a, b) => a + b) + 12 * (counts.length - 1) <= room.width);
  });
}

test("32 and 64 maps have the same rows, so that the stages are equally high", () => {
  assert.deepEqual(arrange([32, 32, 64, 64], ROOM).columns, [4, 4, 8, 8]);
});

test("22 maps are in a block with an almost full last row, neither in two long rows nor columns", () => {
  const strip = arrange([12, 12, 22, 22, 28, 28], { ...ROOM, width: 960, groupGap: 24, narrowest: 58 });
  assert.deepEqual(strip.columns.slice(2, 4), [6, 6]);
  assert.ok(strip.tile >= 24); // smaller if all rows were full
  const phone = stripGrids([22], 0, { width: 288, height: 210, column: true });
  assert.equal(phone.stages[0].columns, 6);
});

test("where nothing fits, tiles are as small as they get, in full rows", () => {
  const { tile, columns } = arrange([32, 64], { ...ROOM, width: 10 });
  assert.equal(tile, 3);
  assert.deepEqual(columns, [1, 2]);
});

test("many small maps leave their room to the large ones", () => {
  const counts = [24, 24, 56, 56, 112, 112], sides = [28, 28, 14, 14, 7, 7];
  const size = { width: 1248, height: 204, column: false };
  const equal = stripGrids(counts, 0, size).stages;
  const { stages } = stripGrids(counts, 0, size, sides);
  assert.ok(stages[0].tile > 1.3 * equal[0].tile);
  assert.ok(stages[0].tile > stages[2].tile && stages[2].tile > stages[4].tile);
  stages.forEach(({ columns, tile, gap }, at) => {
    assert.ok(extent(Math.ceil(counts[at] / columns), tile, gap) <= size.height);
  });
});

test("a group is not narrower than its caption", () => {
  const loose = arrange([8, 8], { ...ROOM, width: 150, narrowest: 0 });
  const tight = arrange([8, 8], { ...ROOM, width: 150, narrowest: 63 });
  assert.ok(extent(loose.columns[0], loose.tile, 3) <= 63);
  assert.deepEqual(tight, loose);
  assert.equal(arrange([8, 8], { ...ROOM, width: 150, narrowest: 64 }).tile, 3);
});

test("a strip of ten stages fits on a desktop, and a phone has a column", () => {
  const { stages, gap } = stripGrids(SIMPLE_CNN, 0, { width: 1200, height: 210, column: false });
  const widths = stages.map(({ columns, tile, gap }) => Math.max(58, extent(columns, tile, gap)));
  assert.ok(INPUT_WIDTH + OUTPUT_WIDTH + widths.reduce((a, b) => a + b) + 11 * gap <= 1200);
  const tablet = stripGrids(SIMPLE_CNN, 0, { width: 990, height: 210, column: false });
  assert.ok(tablet.column && tablet.stages.every(({ tile }) => tile > 30));
  const phone = stripGrids([32, 64], 256, { width: 343, height: 210, column: true });
  for (const grid of [...phone.stages, phone.hidden!]) {
    assert.ok(extent(grid.columns, grid.tile, grid.gap) <= 343);
  }
  assert.deepEqual(phone.stages.map(({ columns }) => columns), [8, 8]);
  const small = stripGrids([32, 64], 256, { width: 273, height: 210, column: true });
  assert.deepEqual(small.stages.map(({ columns }) => columns), [8, 8]);
});

test("captions have the room that the strip has to spare", () => {
  const size = { width: 1338, height: 190, column: false };
  const { stages, gap, spacing } = stripGrids([32, 32, 64, 64], 256, size);
  const widths = stages.map(stageWidth);
  assert.ok(Math.min(...widths) + gap < WORDS_WIDTH && Math.min(...widths) + spacing > WORDS_WIDTH);
  const taken = INPUT_WIDTH + gap + widths.reduce((a, b) => a + b) + 5 * spacing + 2 * OUTPUT_WIDTH;
  assert.equal(Math.round(taken), size.width);
});

const MAPS: FeatureMaps = {
  top: 2, peaks: [0.5, 2, 0], pixels: Uint8Array.of(0, 64, 255, 0, 0, 0),
};

test("a map is scaled to its own largest value, or to that of the stage", () => {
  assert.deepEqual([...mapGreys(MAPS, 0, "stage")], [0, 64]);
  assert.deepEqual([...mapGreys(MAPS, 0, "map")], [0, 255]);
  assert.deepEqual([...mapGreys(MAPS, 2, "map")], [0, 0]);
});

test("all maps of a stage are coloured as each of them alone", () => {
  const colours = Uint32Array.from({ length: 256 }, (_, grey) => 1000 + grey);
  for (const scale of ["stage", "map"] as const) {
    const image = new Uint32Array(MAPS.pixels.length);
    colourMaps(MAPS, scale, colours, image);
    const alone = [0, 1, 2].flatMap((channel) => [...mapGreys(MAPS, channel, scale)]);
    assert.deepEqual([...image], alone.map((grey) => 1000 + grey));
  }
});

test("maps are in the order of channels, or the brightest is first", () => {
  assert.deepEqual(mapOrder(MAPS, "channel"), [0, 1, 2]);
  assert.deepEqual(mapOrder(MAPS, "brightness"), [1, 0, 2]);
});

test("a receptive field ends where the frame ends", () => {
  const field = { size: 5, step: 2, start: -2 };
  assert.deepEqual(frameBox(field, { row: 0, column: 13 }), { left: 24, top: 0, right: 28, bottom: 3 });
});

test("the input of conv1 is normalised, and zero beyond the frame", () => {
  const frame = new Uint8Array(28 * 28);
  frame[0] = 255;
  const patch = inputPatch(frame, { size: 2, step: 1, start: -1 }, { row: 0, column: 0 },
    { mean: 0.25, std: 0.5 });
  assert.deepEqual(patch, [0, 0, 0, 1.5]);
});

test("arrow keys move within rows and stay at the edges", () => {
  const from = (key: string, index: number) => nextIndex(key, index, 8, 4);
  assert.equal(from("ArrowRight", 1), 2);
  assert.equal(from("ArrowDown", 1), 5);
  assert.equal(from("ArrowUp", 1), 1);
  assert.equal(from("ArrowLeft", 0), 0);
  assert.equal(from("End", 0), 7);
  assert.equal(from("Home", 5), 0);
  assert.equal(from("Tab", 5), null);
});

test("the pixel under the pointer is within the map", () => {
  const box = { left: 10, top: 20, width: 28, height: 14 };
  assert.deepEqual(pixelAt(box, 10, 20, 7, 7), { row: 0, column: 0 });
  assert.deepEqual(pixelAt(box, 38, 34, 7, 7), { row: 6, column: 6 });
  assert.deepEqual(pixelAt(box, 25, 25, 7, 7), { row: 2, column: 3 });
});
