// Reads a picture file.

import type { Picture } from "./drawing.ts";

export interface PictureLimits {
  /** of the file that is sent */
  readonly bytes: number;
  /** longest side in pixels */
  readonly side: number;
}

const SHRUNK_SIDE = 2000; // longest side of a picture that was too large to send, in pixels

/**
 * Read a file. Pictures larger than the limits are scaled down.
 * @returns null if it is too large and cannot be scaled down
 */
export async function readPicture(file: Blob, limits: PictureLimits): Promise<Picture | null> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  let sent = file;
  if (bitmap && (file.size > limits.bytes || Math.max(bitmap.width, bitmap.height) > limits.side)) {
    sent = await shrunk(bitmap);
  }
  if (sent.size > limits.bytes) return null;
  const url = await new Promise<string>((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result as string);
    reader.onerror = () => done("");
    reader.readAsDataURL(sent);
  });
  return { base64: url.slice(url.indexOf(",") + 1), bitmap };
}

function shrunk(bitmap: ImageBitmap): Promise<Blob> {
  const scale = Math.min(1, SHRUNK_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("not encoded"))), "image/png");
  });
}
