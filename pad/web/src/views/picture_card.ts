// A picture to show others: the drawing, what the network sees of it, and the ten bars.

import type { Prediction } from "../recognition/recognizer.ts";
import { percentage } from "./probability.ts";

export interface CardContent {
  /** of the page, in its present colours */
  readonly drawing: HTMLCanvasElement;
  readonly frame: HTMLCanvasElement;
  readonly prediction: Prediction;
  readonly title: string;
  /** names the model */
  readonly caption: string;
}

export const CARD = { width: 1200, height: 630 };

/** Paint the card on a canvas, in the colours of the style sheet. */
export function paintCard(canvas: HTMLCanvasElement, content: CardContent): void {
  const style = getComputedStyle(content.drawing);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  canvas.width = CARD.width;
  canvas.height = CARD.height;
  const context = canvas.getContext("2d")!;
  const text = (words: string, x: number, y: number, size: number, name: string, weight = 400) => {
    context.font = `${weight} ${size}px ${style.fontFamily || "sans-serif"}`;
    context.fillStyle = colour(name);
    context.fillText(words, x, y);
  };
  const box = (x: number, y: number, width: number, height: number, name: string) => {
    context.fillStyle = colour(name);
    context.beginPath();
    context.roundRect(x, y, width, height, Math.min(14, height / 3));
    context.fill();
  };
  context.fillStyle = colour("background");
  context.fillRect(0, 0, CARD.width, CARD.height);
  box(48, 48, 480, 480, "paper");
  context.drawImage(content.drawing, 48, 48, 480, 480);

  const { prediction: { digit, isDigit, probabilities } } = content;
  text(isDigit ? String(digit) : "?", 576, 220, 220, isDigit ? "ink" : "bar", 600);
  if (isDigit && digit !== null) text(percentage(probabilities[digit]), 740, 110, 40, "ink");
  context.imageSmoothingEnabled = false;
  context.drawImage(content.frame, 992, 48, 160, 160);
  probabilities.forEach((value, index) => {
    const y = 250 + index * 28.5;
    const wins = isDigit && index === digit;
    text(String(index), 576, y + 19, 20, wins ? "ink" : "muted", wins ? 700 : 400);
    box(608, y, 440, 22, "track");
    if (value > 0.01) box(608, y, 440 * value, 22, wins ? "accent" : "bar");
    if (value >= 0.0005) text(percentage(value), 1066, y + 18, 18, wins ? "ink" : "muted");
  });
  text(content.title, 48, 590, 28, "ink", 650);
  context.textAlign = "right";
  text(content.caption, 1152, 590, 22, "muted");
}

export function cardBlob(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("not encoded"))), "image/png");
  });
}
