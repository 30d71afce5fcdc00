// Paints a drawing.

import { CANVAS_SIZE, isDot, type Drawing, type Stroke } from "./drawing.ts";

/** Paint a drawing on a whole canvas, in the canvas' CSS colour. */
export function renderDrawing(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const context = canvas.getContext("2d")!;
  const scale = canvas.width / CANVAS_SIZE;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  if (drawing.picture?.bitmap) {
    const { bitmap, background } = drawing.picture;
    const fit = CANVAS_SIZE / Math.max(bitmap.width, bitmap.height);
    const [width, height] = [bitmap.width * fit, bitmap.height * fit];
    const [x, y] = [(CANVAS_SIZE - width) / 2, (CANVAS_SIZE - height) / 2];
    if (background) {
      context.fillStyle = background;
      context.fillRect(x, y, width, height);
    }
    context.drawImage(bitmap, x, y, width, height);
  }
  context.lineCap = context.lineJoin = "round";
  context.fillStyle = context.strokeStyle = getComputedStyle(canvas).color;
  for (const stroke of drawing.strokes) renderStroke(context, stroke);
}

function renderStroke(context: CanvasRenderingContext2D, { points, width }: Stroke): void {
  context.beginPath();
  if (isDot(points)) { // a line without length draws nothing
    context.arc(points[0], points[1], width / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.lineWidth = width;
  context.moveTo(points[0], points[1]);
  for (let i = 2; i < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
  context.stroke();
}
