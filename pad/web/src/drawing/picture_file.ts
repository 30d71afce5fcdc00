// Reads picture files.

import type { Picture } from "./drawing.ts";
import { backgroundOf, encodedCanvas, LARGEST_SIDE, scaledCanvas } from "./picture_pixels.ts";

export interface PictureLimits {
  /** of the file that is sent */
  readonly bytes: number;
  /** longest side in pixels */
  readonly side: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Why a file cannot be used. */
export type PictureProblem =
  "too_large" | "unreadable_file" | "empty_file" | "heic_photo" | "no_picture" | "picture_small";

export class PictureError extends Error {
  readonly problem: PictureProblem;
  readonly size: Size | undefined;

  /** @param size of the picture, where that is the problem */
  constructor(problem: PictureProblem, size?: Size) {
    super(problem);
    this.problem = problem;
    this.size = size;
  }
}

const SMALLEST_SIDE = 8; // pixels
const KEPT_BYTES = 2 * 2 ** 20; // of a file that is sent as it is, and can be kept over a reload

const SIGNATURES = [
  /^\x89PNG/, /^\xff\xd8\xff/, /^GIF8/, /^BM/, /^RIFF.{4}WEBP/s,
  /^(II[*+]\0|MM\0[*+])/, // TIFF
  /^.{4}ftyp(avif|avis|mif1|msf1)/s, // AVIF
];
// photos of phones, which few browsers decode, and the server does not: first or compatible brand
const HEIC = /^.{4}ftyp(.{4})*?(hei[cmsx]|hev[cmsx])/s;
const BRANDS = 66; // bytes with all brands

/**
 * Read a file. Large pictures are scaled down; where the browser cannot decode a file, the server
 * may.
 * @throws PictureError
 */
export async function readPicture(file: File, limits: PictureLimits): Promise<Picture> {
  if (!file.size) throw new PictureError("empty_file");
  if (isSvg(file)) return readSvg(file);
  let bitmap = await createImageBitmap(file).catch(() => null);
  if (bitmap && Math.min(bitmap.width, bitmap.height) > 0 && isLarge(file, bitmap)) {
    const canvas = scaledCanvas(bitmap);
    checkSize(canvas, bitmap);
    bitmap.close();
    return pictureOfCanvas(canvas);
  }
  if (!bitmap && isHeic(await base64Of(file.slice(0, BRANDS)))) throw new PictureError("heic_photo");
  if (file.size > limits.bytes) throw new PictureError("too_large");
  const base64 = await base64Of(file);
  if (!bitmap) {
    // other files are not the server's business
    if (!beginsLikePicture(base64)) throw new PictureError("no_picture");
    return { base64, bitmap, background: null };
  }
  checkSize(bitmap);
  return { base64, bitmap, background: backgroundOf(bitmap) };
}

/** A picture from the base64 of its file. */
export async function decodePicture(base64: string): Promise<Picture> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes])).catch(() => null);
  return { base64, bitmap, background: bitmap && backgroundOf(bitmap) };
}

/** Whether a file, as base64, begins like one of the formats that the server reads. */
export function beginsLikePicture(base64: string): boolean {
  const start = atob(base64.slice(0, 16)); // 12 bytes
  return SIGNATURES.some((signature) => signature.test(start));
}

/** Whether a file that begins with this base64 is a HEIC photo. */
export function isHeic(base64: string): boolean { return HEIC.test(atob(base64)); }

/**
 * @param read the picture as it is read
 * @param given as it was given
 * @throws PictureError
 */
export function checkSize(read: Size, { width, height }: Size = read): void {
  if (Math.min(read.width, read.height) < SMALLEST_SIDE) {
    throw new PictureError("picture_small", { width, height });
  }
}

function isLarge(file: Blob, { width, height }: ImageBitmap): boolean {
  return file.size > KEPT_BYTES || Math.max(width, height) > LARGEST_SIDE;
}

function isSvg(file: File): boolean {
  return file.type === "image/svg+xml" || file.name.toLowerCase().endsWith(".svg");
}

/** An SVG is painted: the server reads pictures of pixels. */
async function readSvg(file: File): Promise<Picture> {
  const url = URL.createObjectURL(new Blob([file], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = scaledCanvas(image);
    checkSize(canvas, image);
    return await pictureOfCanvas(canvas);
  } catch (error) {
    throw error instanceof PictureError ? error : new PictureError("no_picture");
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function pictureOfCanvas(canvas: HTMLCanvasElement): Promise<Picture> {
  const base64 = await base64Of(await encodedCanvas(canvas, KEPT_BYTES));
  return { base64, bitmap: await createImageBitmap(canvas), background: backgroundOf(canvas) };
}

function base64Of(file: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => {
      const url = reader.result as string;
      done(url.slice(url.indexOf(",") + 1));
    };
    reader.onerror = () => fail(new PictureError("unreadable_file"));
    reader.readAsDataURL(file);
  });
}
