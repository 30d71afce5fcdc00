// The ten bars, the predicted digit and the texts next to them.

import type { Reading } from "../recognition/recognizer.ts";
import { find, type Parts } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import { isNegligible, percentage } from "./probability.ts";

type PredictionParts = Pick<Parts, "bars" | "digit" | "confidence" | "note" | "announcement">;

interface Bar { row: HTMLElement; bar: HTMLElement; percent: HTMLElement }

export class PredictionView {
  readonly #part: PredictionParts;
  readonly #text: Text;
  readonly #bars: readonly Bar[];
  #announcement: ReturnType<typeof setTimeout> | undefined;

  constructor(part: PredictionParts, text: Text) {
    this.#part = part;
    this.#text = text;
    this.#bars = Array.from({ length: 10 }, (_, digit) => addBar(part.bars, digit));
    this.clear();
  }

  show({ prediction, row, size }: Pick<Reading, "prediction" | "row" | "size">): void {
    const { digit, isDigit, close, probabilities } = prediction;
    if (prediction.blank || digit === null) {
      return this.clear(this.#text(size ? "no_ink" : "too_little"));
    }
    if (!isDigit) return this.#refuse(digit, prediction.reason, probabilities);
    this.#fill(probabilities, digit);
    const percent = percentage(probabilities[digit]);
    if (close.length) return this.#hesitate(close[0], close[1], probabilities);
    this.#write(String(digit), percent, "");
    if (row) {
      const digits = row.digits.map((one) => (one.isDigit ? one.digit : "?")).join(" ");
      this.#announce(this.#text("row_announcement", { digits, digit, percent }));
    } else {
      this.#announce(this.#text("announcement", { digit, percent }));
    }
  }

  /** Show no prediction, only a note. */
  clear(note = ""): void {
    this.#fill(new Array<number>(10).fill(0), null);
    for (const { percent } of this.#bars) percent.textContent = "";
    this.#write("", "", note);
    this.#announce(note);
  }

  /** Two digits, of which neither is clearly ahead. */
  #hesitate(first: number, second: number, probabilities: readonly number[]): void {
    this.#write(String(first), this.#text("either", { a: first, b: second }), this.#text("not_sure", {
      a: percentage(probabilities[first]), b: percentage(probabilities[second]),
    }));
    this.#announce(this.#text("hesitation", { a: first, b: second }));
  }

  /** The digit that is closest to what is none, without a winner among the bars. */
  #refuse(digit: number, reason: string | null, probabilities: readonly number[]): void {
    const several = reason === "several digits";
    const note = this.#text(several ? "several_digits" : "not_a_digit", { digit });
    this.#fill(probabilities, null);
    this.#write("?", "", note);
    this.#part.digit.classList.add("refused");
    this.#part.bars.classList.add("refused");
    this.#announce(note);
  }

  #write(digit: string, confidence: string, note: string): void {
    setText(this.#part.digit, digit);
    this.#part.digit.classList.remove("refused");
    this.#part.bars.classList.remove("refused");
    setText(this.#part.confidence, confidence);
    setText(this.#part.note, note);
  }

  #fill(probabilities: readonly number[], winner: number | null): void {
    this.#bars.forEach(({ row, bar, percent }, digit) => {
      const value = probabilities[digit];
      row.classList.toggle("winner", digit === winner);
      bar.style.transform = `scaleX(${value})`;
      row.dataset.probability = String(value);
      row.classList.toggle("negligible", isNegligible(value));
      setText(percent, isNegligible(value) ? "0" : percentage(value));
    });
  }

  /** Screen readers announce the final prediction, not every intermediate one. */
  #announce(message: string): void {
    clearTimeout(this.#announcement);
    this.#announcement = setTimeout(() => {
      this.#part.announcement.textContent = message;
    }, 700);
  }
}

/** Without a new layout where the text stays. */
function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

function addBar(list: HTMLElement, digit: number): Bar {
  const row = document.createElement("li");
  row.innerHTML = `<b>${digit}</b><i><s></s></i><span></span>`;
  list.append(row);
  return { row, bar: find(row, "s", HTMLElement), percent: find(row, "span", HTMLElement) };
}
