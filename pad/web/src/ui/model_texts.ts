// A model in words: its accuracy, its size, and a sentence.

import { accuracyText, sizeText, type ModelCard } from "../recognition/model.ts";
import type { Text } from "./texts.ts";

/** Accuracy, size, and a sentence. */
export function modelFacts(card: ModelCard, text: Text): string {
  const { accuracy, bytes } = card;
  return [
    ...(accuracy === null ? [] : [text("accuracy", { accuracy: accuracyText(accuracy) })]),
    sizeText(bytes), modelSentence(card, text),
  ].join(", ");
}

/** What kind of network it is; the name of an architecture that has no sentence. */
export function modelSentence({ architecture, has_teacher }: ModelCard, text: Text): string {
  const key = `about_${architecture || "unknown"}`;
  if (text(key) === key) return architecture;
  return has_teacher ? text("about_distilled", { sentence: text(key) }) : text(key);
}
