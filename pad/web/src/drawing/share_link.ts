// A drawing as a short text for a link, and back. The text is the drawing: nothing is stored.
//
// Version 1, in base64url: the number of strokes; for each its pen width, its number of points, its
// first point and the differences to the next ones; two bytes that tell whether it is complete.
// Numbers take 7 bits a byte, differences alternate between positive and negative.

import { CANVAS_SIZE, type Stroke } from "./drawing.ts";

const VERSION = "1";
const STEPS = 2; // positions are rounded to halves of a canvas unit
const MOST_STROKES = 100;
const MOST_POINTS = 3000; // of all strokes
const MOST_WIDTH = 100;

/** Why a text is no drawing: it is damaged, or of a version that this page does not know. */
export class LinkError extends Error {
  readonly problem: "damaged" | "newer";

  constructor(problem: "damaged" | "newer") {
    super(problem);
    this.problem = problem;
  }
}

/** The text of a drawing; null for one that is too long for a link. */
export function encodeStrokes(strokes: readonly Stroke[]): string | null {
  const bytes: number[] = [];
  const rounded = strokes.map(({ points, width }) => ({ width, points: round(points) }));
  const count = rounded.reduce((sum, { points }) => sum + points.length / 2, 0);
  if (strokes.length > MOST_STROKES || count > MOST_POINTS) return null;
  write(bytes, rounded.length);
  for (const { points, width } of rounded) {
    write(bytes, Math.min(MOST_WIDTH, Math.max(1, Math.round(width))));
    write(bytes, points.length / 2);
    let [x, y] = [0, 0];
    for (let i = 0; i < points.length; i += 2) {
      write(bytes, zigzag(points[i] - x));
      write(bytes, zigzag(points[i + 1] - y));
      [x, y] = [points[i], points[i + 1]];
    }
  }
  const sum = checksum(bytes);
  bytes.push(sum >> 8, sum & 255);
  const text = btoa(String.fromCharCode(...bytes));
  return `${VERSION}.${text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** The drawing of a text. Throws LinkError. */
export function decodeStrokes(text: string): Stroke[] {
  const [version, content, ...rest] = text.split(".");
  if (!/^\d+$/.test(version) || content === undefined || rest.length) throw new LinkError("damaged");
  if (version !== VERSION) throw new LinkError("newer");
  const bytes = fromBase64(content);
  const sum = (bytes.pop() ?? 0) | ((bytes.pop() ?? 0) << 8);
  if (sum !== checksum(bytes)) throw new LinkError("damaged");
  const reader = new Reader(bytes);
  let left = MOST_POINTS;
  const strokes = Array.from({ length: reader.number(1, MOST_STROKES) }, () => {
    const width = reader.number(1, MOST_WIDTH);
    const count = reader.number(1, left);
    left -= count;
    return { width, points: reader.points(count) };
  });
  if (!reader.done) throw new LinkError("damaged");
  return strokes;
}

class Reader {
  readonly #bytes: readonly number[];
  #at = 0;

  constructor(bytes: readonly number[]) { this.#bytes = bytes; }

  get done(): boolean { return this.#at === this.#bytes.length; }

  number(least: number, most: number): number {
    let [value, factor] = [0, 1];
    for (let i = 0; i < 4; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 127) * factor;
      factor *= 128;
      if (byte < 128) {
        if (value < least || value > most) break;
        return value;
      }
    }
    throw new LinkError("damaged");
  }

  points(count: number): number[] {
    const points: number[] = [];
    const most = CANVAS_SIZE * STEPS;
    let [x, y] = [0, 0];
    for (let i = 0; i < count; i++) {
      x += unzigzag(this.number(0, 2 * most));
      y += unzigzag(this.number(0, 2 * most));
      if (x < 0 || y < 0 || x > most || y > most) throw new LinkError("damaged");
      points.push(x / STEPS, y / STEPS);
    }
    return points;
  }
}

/** Positions in steps, without points between which the pen hardly moved. */
function round(points: readonly number[]): number[] {
  const inside = (value: number) =>
    Math.round(STEPS * Math.min(CANVAS_SIZE, Math.max(0, value)));
  const kept: number[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [inside(points[i]), inside(points[i + 1])];
    const isLast = i === points.length - 2;
    const moved = kept.length === 0 ||
      Math.hypot(x - kept[kept.length - 2], y - kept[kept.length - 1]) >= 2 * STEPS;
    if (moved || (isLast && (x !== kept[kept.length - 2] || y !== kept[kept.length - 1]))) {
      kept.push(x, y);
    }
  }
  return kept;
}

function write(bytes: number[], value: number): void {
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>= 7;
  }
  bytes.push(rest);
}

function zigzag(value: number): number { return value < 0 ? -2 * value - 1 : 2 * value; }

function unzigzag(value: number): number { return value % 2 ? -(value + 1) / 2 : value / 2; }

/** Fletcher's checksum of 16 bits. */
function checksum(bytes: readonly number[]): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 255;
    b = (b + a) % 255;
  }
  return (b << 8) | a;
}

function fromBase64(text: string): number[] {
  if (text.length > 4 * 8192 || !/^[\w-]*$/.test(text)) throw new LinkError("damaged");
  try {
    const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Array.from(bytes, (character) => character.charCodeAt(0));
  } catch {
    throw new LinkError("damaged");
  }
}

/** The page's address with a drawing as its fragment, which browsers do not send to servers. */
export function shareUrl(address: string, code: string): string {
  const url = new URL(address);
  url.hash = `d=${code}`;
  return url.href;
}

/** The drawing's text in a fragment; null if it has none. */
export function sharedCode(fragment: string): string | null {
  return /^#d=(.*)$/s.exec(fragment)?.[1] ?? null;
}
