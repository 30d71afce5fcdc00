// Paints a drawing.

import { CANVAS_SIZE, type Drawing } from "./drawing.ts";

/** Paint a drawing on a whole canvas, in the canvas' CSS colour. */
export function renderDrawing(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const context = canvas.getContext("2d")!;
  const scale = canvas.width / CANVAS_SIZE;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const bitmap = drawing.picture?.bitmap;
  if (bitmap) {
    const fit = CANVAS_SIZE / Math.max(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width * fit, bitmap.height * fit];
    context.drawImage(bitmap, (CANVAS_SIZE - width) / 2, (CANVAS_SIZE - height) / 2, width, height);
  }
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = getComputedStyle(canvas).color;
  for (const { points, width } of drawing.strokes) {
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(points[0], points[1]);
    // a line of length 0 with round caps is a dot
    if (points.length === 2) context.lineTo(points[0], points[1]);
    for (let i = 2; i < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
    context.stroke();
  }
}
