// Occlusion: attribution towards a digit of each part of a drawing, and changes that give another digit.

import type { Drawing, Stroke } from "../drawing/drawing.ts";
import { counterfactual } from "../recognition/counterfactual.ts";
import type { InkFormat } from "../recognition/ink.ts";
import type { ModelVersion } from "../recognition/model.ts";
import { canvasOf, evidence, inkPlaces, withoutPlace } from "../recognition/occlusion.ts";
import type { CanvasAnswer, CanvasClassifier, Reading } from "../recognition/recognizer.ts";
import { find } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import { colourScale, paintGreys } from "./colour.ts";
import type { EvidenceOverlay } from "./evidence_overlay.ts";
import { attributionText } from "./explanation_text.ts";
import { percentage } from "./probability.ts";
import { RovingGroup } from "./roving.ts";

const RADIUS = 18; // of the ink that is left out
const BATCH = 64;

/** What is explained. */
export interface Subject {
  readonly drawing: Drawing;
  readonly model: ModelVersion;
  readonly reading: Reading;
}

export class Explanation {
  readonly #host: HTMLElement;
  readonly #overlay: EvidenceOverlay;
  readonly #text: Text;
  readonly #classifier: CanvasClassifier;
  readonly #ink: InkFormat;
  readonly #digits: readonly HTMLButtonElement[];
  readonly #whatIf: HTMLButtonElement;
  #subject: Subject | null = null;
  #chosen: number | null = null;
  #run = new AbortController(); // answers of an earlier run are ignored

  constructor(
    host: HTMLElement, overlay: EvidenceOverlay, text: Text, classifier: CanvasClassifier,
    ink: InkFormat,
  ) {
    this.#host = host;
    this.#overlay = overlay;
    this.#text = text;
    this.#classifier = classifier;
    this.#ink = ink;
    const group = find(host, ".digits", HTMLElement);
    this.#digits = Array.from({ length: 10 }, (_, digit) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = String(digit);
      button.setAttribute("aria-pressed", "false");
      button.disabled = true;
      button.addEventListener("click", () => this.choose(this.#chosen === digit ? null : digit));
      return button;
    });
    group.append(...this.#digits);
    new RovingGroup(group, this.#digits).columns = 10;
    this.#whatIf = find(host, ".what-if", HTMLButtonElement);
    this.#whatIf.addEventListener("click", () => void this.#searchChange());
  }

  /** The drawing changes, or there is none: what was said of the one before is not true of it. */
  clear(): void {
    if (!this.#subject) return; // it is called for every move of the pen
    this.#subject = null;
    this.#reset();
    this.#say("");
    for (const button of this.#digits) button.disabled = true;
  }

  /** The pen is up, and the drawing is read. */
  explain(subject: Subject): void {
    this.#subject = subject;
    const { drawing, reading } = subject;
    const isPossible = !drawing.picture && !reading.row && !reading.prediction.blank;
    for (const button of this.#digits) button.disabled = !isPossible;
    if (drawing.picture || reading.row) this.#say(this.#text("only_one_digit"));
    else if (this.#chosen !== null) void this.#showEvidence();
    else this.#say("");
  }

  /** Explain a digit; null: none. */
  choose(digit: number | null): void {
    this.#chosen = digit;
    this.#digits.forEach((button, index) =>
      button.setAttribute("aria-pressed", String(index === digit)));
    this.#reset();
    this.#say("");
    if (digit !== null && this.#subject) void this.#showEvidence();
  }

  #reset(): void {
    this.#run.abort();
    this.#run = new AbortController();
    this.#overlay.clear();
    this.#host.removeAttribute("aria-busy");
    this.#host.classList.remove("explained");
    this.#whatIf.hidden = true;
  }

  async #showEvidence(): Promise<void> {
    const [digit, subject] = [this.#chosen, this.#subject];
    if (digit === null || !subject) return;
    this.#reset();
    const { drawing: { strokes }, reading: { prediction } } = subject;
    const places = inkPlaces(strokes);
    const answers = await this.#classify(
      [strokes, ...places.map((place) => withoutPlace(strokes, place, RADIUS))]);
    if (!answers) return;
    const [before, ...after] = answers.map(({ probabilities }) => probabilities);
    const values = after.map((probabilities) => evidence(before[digit], probabilities[digit]));
    this.#overlay.showEvidence(places, values, strokes[0].width, this.#colours());
    this.#paintLegend();
    this.#host.classList.add("explained");
    const [key, words] = attributionText(digit, before, after, prediction.isDigit);
    this.#say(this.#text(key, words));
    this.#whatIf.hidden = digit === prediction.digit && prediction.isDigit;
    this.#whatIf.textContent = this.#text("what_if", { digit });
  }

  async #searchChange(): Promise<void> {
    const [digit, subject] = [this.#chosen, this.#subject];
    if (digit === null || !subject) return;
    this.#reset();
    const found = await counterfactual(
      subject.drawing.strokes, digit, (drawings) => this.#classify(drawings));
    if (!found) return;
    this.#overlay.showChanges(found.changes);
    const kinds = new Set(found.changes.map(({ kind }) => kind));
    const what = kinds.size > 1 ? "both" : kinds.has("add") ? "add" : "remove";
    this.#say(this.#text(found.isReached ? `change_${what}` : "no_change", {
      digit, percent: percentage(found.probability),
    }));
  }

  /** Undefined where there is no answer, or another run has begun. */
  async #classify(drawings: readonly (readonly Stroke[])[]): Promise<CanvasAnswer[] | undefined> {
    const [{ signal }, subject] = [this.#run, this.#subject];
    if (!subject) return undefined;
    this.#host.setAttribute("aria-busy", "true");
    const answers: CanvasAnswer[] = [];
    for (let at = 0; at < drawings.length; at += BATCH) {
      const canvases = drawings.slice(at, at + BATCH).map((one) => canvasOf(one, this.#ink));
      const batch = await this.#ask(subject.model, canvases, signal);
      if (signal.aborted) return undefined;
      if (!batch) {
        this.#host.removeAttribute("aria-busy");
        this.#say(this.#text("no_explanation"));
        return undefined;
      }
      answers.push(...batch);
    }
    this.#host.removeAttribute("aria-busy");
    return answers;
  }

  async #ask(
    model: ModelVersion, canvases: readonly Uint8Array[], signal: AbortSignal,
  ): Promise<CanvasAnswer[] | undefined> {
    try {
      return await this.#classifier.classifyCanvases(model, canvases, signal);
    } catch (error) {
      if (!signal.aborted) console.warn(error);
      return undefined;
    }
  }

  #colours() { return colourScale(this.#host, "evidence", 3); }

  #paintLegend(): void {
    const ramp = Uint8Array.from({ length: 256 }, (_, grey) => grey);
    paintGreys(find(this.#host, "canvas", HTMLCanvasElement), ramp, 256, 1, this.#colours());
  }

  #say(message: string): void {
    find(this.#host, "[role=status]", HTMLElement).textContent = message;
  }
}
