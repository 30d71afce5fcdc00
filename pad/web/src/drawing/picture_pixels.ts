// The pixels of a picture: scaled down, encoded, and what is behind transparent ones.

export const LARGEST_SIDE = 1024; // the network's own scale is far below
const SAMPLED_SIDE = 64;

/** An image with a longest side of LARGEST_SIDE; one without a size becomes square. */
export function scaledCanvas(image: ImageBitmap | HTMLImageElement): HTMLCanvasElement {
  const { width, height } = image;
  const scale = LARGEST_SIDE / Math.max(width, height, 1);
  return paintedCanvas(image, width * scale || LARGEST_SIDE, height * scale || LARGEST_SIDE);
}

function paintedCanvas(image: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The canvas as a file of at most `most` bytes: without loss if that is enough. */
export async function encodedCanvas(canvas: HTMLCanvasElement, most: number): Promise<Blob> {
  const png = await toBlob(canvas, "image/png");
  return png.size <= most ? png : toBlob(canvas, "image/webp", 0.9);
}

function toBlob(canvas: HTMLCanvasElement, type: string, quality?: number): Promise<Blob> {
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("not encoded"))), type, quality);
  });
}

/**
 * What a transparent picture is seen on: black or white, whichever contrasts more with it, as in
 * mnist_core/imaging/images.py. null if nothing is transparent.
 */
export function backgroundOf(image: CanvasImageSource): string | null {
  const context = paintedCanvas(image, SAMPLED_SIDE, SAMPLED_SIDE).getContext("2d")!;
  return contrastingBackground(context.getImageData(0, 0, SAMPLED_SIDE, SAMPLED_SIDE).data);
}

/** @param pixels RGBA bytes */
export function contrastingBackground(pixels: ArrayLike<number>): string | null {
  let [light, opacity] = [0, 0];
  for (let i = 0; i < pixels.length; i += 4) {
    const grey = 0.299 * pixels[i] + 0.587 * pixels[i + 1] + 0.114 * pixels[i + 2];
    light += grey * pixels[i + 3];
    opacity += pixels[i + 3];
  }
  if (opacity === 255 * (pixels.length / 4)) return null;
  return light < 127.5 * opacity ? "#fff" : "#000";
}
