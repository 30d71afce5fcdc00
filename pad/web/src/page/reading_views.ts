// The views that show what the drawing is, and why.

import type { DrawingSession } from "../drawing/session.ts";
import type { ModelDescription } from "../recognition/model.ts";
import type { Reading } from "../recognition/recognizer.ts";
import { Tabs } from "../ui/tabs.ts";
import { EvidenceOverlay } from "../views/evidence_overlay.ts";
import { Explanation } from "../views/explanation.ts";
import { NetworkView } from "../views/network_view.ts";
import { PredictionView } from "../views/prediction_view.ts";
import { picturePlace, strokesPlace } from "../views/row_place.ts";
import { RowView } from "../views/row_view.ts";
import { ShareDialog } from "../views/share_dialog.ts";
import type { PageContext } from "./context.ts";
import type { Models } from "./models.ts";

type Context = Pick<PageContext, "root" | "part" | "props" | "text">;

export interface ReadingViewEvents {
  /** the user looks at another digit of a row */
  look(index: number): void;
  /** another tab is shown */
  tab(): void;
  /** the network is painted */
  painted(): void;
}

export class ReadingViews {
  readonly #context: Context;
  readonly #session: Pick<DrawingSession, "drawing">;
  readonly #models: Models;
  readonly #prediction: PredictionView;
  readonly #row: RowView;
  readonly #tabs: Tabs;
  readonly #network: NetworkView;
  readonly #explanation: Explanation;
  #reading: Reading | null = null; // the newest

  constructor(
    context: Context, session: Pick<DrawingSession, "drawing">, models: Models,
    on: ReadingViewEvents,
  ) {
    const { root, part, props, text } = context;
    this.#context = context;
    this.#session = session;
    this.#models = models;
    this.#prediction = new PredictionView(part, text);
    this.#row = new RowView(part, text, on.look);
    this.#tabs = new Tabs(part.tabs, root, (name) => {
      root.dataset.tab = name;
      on.tab();
    });
    this.#network = new NetworkView(part, text, props.input_scale, {
      painted: on.painted,
      open: () => this.#tabs.show("map"),
      kernel: (layer, channel) => models.kernel(layer, channel),
    });
    this.#explanation = new Explanation(
      part.why, new EvidenceOverlay(part.evidence), text, models.recognizer, props.ink);
    new ShareDialog(part, text, () => this.#reading && {
      drawing: session.drawing,
      card: {
        drawing: part.canvas, frame: part.frame, prediction: this.#reading.prediction,
        title: text("title"), caption: text("card_caption", { model: models.name }),
      },
    });
  }

  /** The network's maps are not painted yet. */
  get pending(): boolean { return this.#network.pending; }

  /** Names of the stages whose maps are shown. */
  get layers(): readonly string[] { return this.#network.layers; }

  /** The comparison with another model is visible. */
  get comparing(): boolean { return this.#tabs.shown === "compare"; }

  /** Lay out another network. */
  build(model: ModelDescription): void { this.#network.build(model); }

  show(reading: Reading): void {
    this.#reading = reading;
    this.#context.part.share.disabled = false;
    this.#prediction.show(reading);
    this.#network.show(reading);
    if (!reading.row) this.#row.clear();
    else this.#row.show(reading.row, reading.size ? picturePlace(reading.size) : strokesPlace);
  }

  /** There is no reading. */
  clear(note: string): void {
    this.clearPrediction(note);
    this.#network.show(null);
  }

  /** There is no reading; the network stays as it was, so that nothing moves below a pen. */
  clearPrediction(note = ""): void {
    this.#reading = null;
    this.#context.part.share.disabled = true;
    this.#prediction.clear(note);
    this.#row.clear();
  }

  /** The drawing changes: the explanation is of the one before. */
  clearExplanation(): void { this.#explanation.clear(); }

  /** The pen is up, and the drawing is classified. */
  settle(): void {
    this.#network.settle();
    const [{ drawing }, { current: model }, reading] = [this.#session, this.#models, this.#reading];
    if (reading && model) this.#explanation.explain({ drawing, model, reading });
  }

  /** Paint everything again in the colours of the present theme. */
  recolour(): void { this.#network.recolour(); }
}
