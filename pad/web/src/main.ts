// Creates the parts of the page and connects them.

import { DrawingCanvas } from "./drawing/canvas.ts";
import { isEmpty } from "./drawing/drawing.ts";
import { exampleStrokes } from "./drawing/examples.ts";
import type { Pen } from "./drawing/pen.ts";
import { decodePicture, PictureError, readPicture } from "./drawing/picture_file.ts";
import { PictureLoader } from "./drawing/picture_loader.ts";
import { renderDrawing } from "./drawing/render.ts";
import { replay } from "./drawing/replay.ts";
import { DrawingSession } from "./drawing/session.ts";
import { decodeStrokes, LinkError, sharedCode } from "./drawing/share_link.ts";
import type { Host } from "./host.ts";
import { BrowserRecognizer } from "./recognition/browser_recognizer.ts";
import type { Reading } from "./recognition/recognizer.ts";
import { Recognition } from "./recognition/recognition.ts";
import { workerOptions } from "./recognition/page_worker.ts";
import { RecognizerChoice } from "./recognition/recognizer_choice.ts";
import { connect } from "./recognition/server.ts";
import { ServerRecognizer } from "./recognition/server_recognizer.ts";
import { Banner } from "./ui/banner.ts";
import { addExampleButtons, labelExampleButtons } from "./ui/example_buttons.ts";
import { bindEraserRing } from "./ui/eraser_ring.ts";
import { bindFocusRing } from "./ui/focus_ring.ts";
import { FrameTask, MicroTask } from "./ui/coalesced_task.ts";
import { KeyboardPen } from "./ui/keyboard_pen.ts";
import { ModelPicker } from "./ui/model_picker.ts";
import { modelFacts } from "./ui/model_texts.ts";
import { find, findParts } from "./ui/parts.ts";
import { bindPictures } from "./ui/picture_input.ts";
import { bindRovingFocus } from "./ui/roving_focus.ts";
import { bindShortcuts } from "./ui/shortcuts.ts";
import { restoreVisit, saveVisit } from "./ui/storage.ts";
import { Tabs } from "./ui/tabs.ts";
import { Texts } from "./ui/texts.ts";
import { whenIdle } from "./ui/when_idle.ts";
import { Toolbar } from "./ui/toolbar.ts";
import { Comparison } from "./views/comparison.ts";
import { EvidenceOverlay } from "./views/evidence_overlay.ts";
import { Explanation } from "./views/explanation.ts";
import { NetworkView } from "./views/network_view.ts";
import { PredictionView } from "./views/prediction_view.ts";
import { picturePlace, strokesPlace } from "./views/row_place.ts";
import { RowView } from "./views/row_view.ts";
import { ShareDialog } from "./views/share_dialog.ts";

/** Start the page; called once, by the code of js_on_load. */
export function start({ element, props, watch }: Host): void {
  const server = connect(new URL(props.functions, document.baseURI).href);
  const root = find(element, ".drawpad", HTMLElement);
  const part = findParts(root);
  const texts = new Texts();
  const text = texts.get;
  const banner = new Banner(root, part.banner, text);

  // ---- editing the drawing ----------------------------------------------------------------

  let reading: Reading | null = null; // the newest
  let settled = true; // nothing has to be done for the drawing any more
  let lookedAt: number | null = null; // the digit of a row that the user has chosen to look at
  let readingFile = false; // a picture
  let decoding: string | undefined; // the picture of an earlier visit, until it is the drawing

  const session = new DrawingSession({
    edit: () => {
      lookedAt = null;
      explanation.clear();
      painting.request();
      asking.request();
      showBusy();
    },
    replace: () => {
      recognition.discard();
      comparison.discard();
    },
    begin: () => {
      decoding = undefined;
      banner.clear();
      pictures.drop();
    },
    save: () => {
      saveVisit({
        strokes: session.drawing.strokes,
        picture: session.drawing.picture?.base64 ?? decoding,
        model: models.name, penWidth: toolbar.penWidth,
      });
      settled = false;
      painting.request(); // then it is settled, also if the pen rested before it was lifted
      showBusy();
      if (models.current) browser.prepare(models.current);
    },
    eraseOnPicture: () => banner.show(text("erase_on_picture")),
  }, replay);

  const actions = {
    undo: () => session.undo(),
    redo: () => session.redo(),
    clear: () => {
      toolbar.chooseEraser(false);
      session.clear();
    },
    upload: () => part.file.click(),
  };
  const toolbar = new Toolbar(root, actions);

  const pen: Pen = {
    start: (points, erasing, interrupted) =>
      session.beginStroke(points, toolbar.penWidth, erasing || toolbar.erasing, interrupted),
  };
  const canvas = new DrawingCanvas(part.canvas, pen, paint);
  const keyboardPen = new KeyboardPen(part.canvas, part.cursor, pen);

  bindFocusRing(root);
  for (const group of [part.tools, part.examples, part.row]) bindRovingFocus(group);
  bindEraserRing(part.canvas, part.eraser, () => toolbar.penWidth);

  bindShortcuts(element, {
    ...actions,
    eraser: () => toolbar.chooseEraser(!toolbar.erasing),
    thinner: () => toolbar.stepPen(-1),
    thicker: () => toolbar.stepPen(1),
    other: (event) => keyboardPen.action(event),
  });

  function playExample(digit: number): void {
    toolbar.chooseEraser(false);
    session.playExample(exampleStrokes(digit), toolbar.penWidth);
  }
  addExampleButtons(part.examples, playExample);
  part["show-me"].addEventListener("click", () => playExample(Math.floor(10 * Math.random())));

  const pictures = new PictureLoader({
    busy: (busy) => {
      readingFile = busy;
      showBusy();
    },
    failed: (error) => {
      const limit = Math.floor(props.picture_limits.bytes / 2 ** 20);
      const { problem = "no_picture", size = {} } = error instanceof PictureError ? error : {};
      banner.show(text(problem, { limit, ...size }));
    },
  });
  bindPictures(element, part.paper, part.file, (file) => {
    banner.clear();
    void pictures.load(
      () => readPicture(file, props.picture_limits), (picture) => session.setPicture(picture));
  });

  // ---- classifying it ---------------------------------------------------------------------

  const prediction = new PredictionView(part, text);

  const row = new RowView(part, text, (index) => {
    lookedAt = index;
    classify();
  });

  // by the keyboard or another finger; a model that is replaced by itself disturbs no stroke
  part.model.addEventListener("change", () => session.interruptStroke());
  const models = new ModelPicker(
    root, part.model, server, banner, text, props.default_model, {
      use: (description) => {
        network.build(description);
        comparison.offer(models.name, description);
        const card = description.cards[models.name];
        part["model-about"].textContent =
          card ? text("about_model", { name: models.name, facts: modelFacts(card, text) }) : "";
        banner.clear();
        session.changed();
        whenIdle(() => { if (models.current) browser.prepare(models.current); });
      },
      wait: showPlace,
    });

  const tabs = new Tabs(part.tabs, root, (name) => {
    root.dataset.tab = name;
    classify();
  });

  const network = new NetworkView(part, text, props.input_scale, {
    painted: () => {
      showBusy();
      settle();
    },
    open: () => tabs.show("map"),
    kernel: async (layer, channel) => {
      const model = models.current;
      if (!model) return undefined;
      const kernel = await recognizer.kernel(model, layer, channel);
      if (kernel) return kernel;
      const reply = await server.kernel({
        model: model.name, version: model.version, layer, channel,
      }).catch(() => undefined);
      if (reply && !("error" in reply)) return reply;
      if (reply?.stale) models.use(models.name);
      return undefined;
    },
  });

  const browser = new BrowserRecognizer({
    ...workerOptions(props.files), ink: props.ink, limits: props.row_limits, change: showPlace,
  });
  const recognizer = new RecognizerChoice(
    browser, new ServerRecognizer(server, props.row_limits));
  const comparison = new Comparison(part.compare, text, server, recognizer, props.ink, (other) => {
    browser.prepare(other);
    classify();
  });

  const explanation = new Explanation(
    part.why, new EvidenceOverlay(part.evidence), text, recognizer, props.ink);

  const recognition = new Recognition(recognizer, props.ink, {
    reading: (newest) => {
      reading = newest;
      part.share.disabled = false;
      prediction.show(reading.prediction, reading.row);
      network.show(reading);
      if (reading.row) row.show(reading.row, reading.size ? picturePlace(reading.size) : strokesPlace);
      else row.clear();
    },
    blank: (nothing) => {
      reading = null;
      part.share.disabled = true;
      prediction.clear(nothing ? "" : text("too_little"));
      network.show(null);
      row.clear();
    },
    stale: (model) => models.use(model), // which also classifies again
    error: ({ message, problem, size }, drawing) => {
      session.rejectPicture(drawing);
      const [width, height] = size ?? [];
      const { side } = props.picture_limits;
      banner.show(problem ? text(problem, { width, height, side }) : message);
    },
    connection: (lost) => banner.setConnectionLost(lost),
    idle: () => {
      showBusy();
      settle();
    },
  });

  new ShareDialog(part, text, () => reading && {
    drawing: session.drawing,
    card: {
      drawing: part.canvas, frame: part.frame, prediction: reading.prediction,
      title: text("title"), caption: text("card_caption", { model: models.name }),
    },
  });

  /** Say where the model runs. */
  function showPlace(): void {
    const place = models.current ? recognizer.place(models.current) : "loading";
    root.dataset.runs = place;
    const { picture } = session.drawing;
    const { waiting } = models;
    const reason = waiting === null
      ? text(picture && (!picture.bitmap || browser.picturesFail) ? "runs_picture" : `runs_${place}`)
      : text("runs_waiting", { name: waiting });
    if (part.place.textContent !== reason) part.place.textContent = reason;
  }

  function classify(): void {
    if (!models.current) return; // asked again when there is one
    recognition.request(session.drawing, models.current, network.layers, lookedAt);
    if (tabs.shown === "compare") comparison.request(session.drawing, lookedAt);
    showBusy();
  }

  // ---- the page ---------------------------------------------------------------------------

  // The drawing is classified at once and painted in the next animation frame: its bars change up to
  // one frame earlier than if both waited for the frame.
  const asking = new MicroTask(() => {
    classify();
    showBusy(); // also if it was not classified
  });
  const painting = new FrameTask(() => {
    paint();
    showBusy();
    settle();
  });

  const isBusy = (): boolean =>
    asking.pending || painting.pending || network.pending || !recognition.idle;

  /** What waits for the pen to be up and the drawing to be classified. */
  function settle(): void {
    if (settled || session.inProgress || isBusy()) return;
    settled = true;
    network.settle();
    explain();
    models.keepCurrent(); // not while one draws
  }

  function explain(): void {
    const { current } = models;
    if (reading && current) explanation.explain({ drawing: session.drawing, model: current, reading });
  }

  /** The page is busy until the bars belong to the drawing. */
  function showBusy(): void {
    root.setAttribute("aria-busy", String(isBusy()));
    // also while the graphs that pictures need are loaded
    part.progress.hidden = !readingFile && (!session.drawing.picture || recognition.idle);
  }

  function paint(): void {
    const { drawing, canUndo, canRedo } = session;
    canvas.render(drawing);
    renderDrawing(part.drawing, drawing);
    showPlace();
    root.classList.toggle("inked", !isEmpty(drawing));
    part.unshown.hidden = !drawing.picture || drawing.picture.bitmap !== null;
    toolbar.enable({ undo: canUndo, redo: canRedo, clear: !isEmpty(drawing) });
  }

  function applyTheme(): void {
    network.recolour();
    paint();
  }

  function translate(): void {
    texts.load(props.value, root);
    labelExampleButtons(part.examples, text);
    showPlace();
  }

  new MutationObserver(applyTheme)
    .observe(document.body, { attributes: true, attributeFilter: ["class"] });
  translate();
  watch("value", translate);
  let model: string | undefined;
  const openLink = () => {
    const code = sharedCode(location.hash);
    if (code === null) return;
    history.replaceState(null, "", location.pathname + location.search); // a reload keeps edits
    try {
      session.play(decodeStrokes(code));
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      banner.show(text(`link_${error.problem}`));
    }
  };
  window.addEventListener("hashchange", openLink);
  restoreVisit((visit) => {
    model = visit.model;
    toolbar.choosePen(visit.penWidth);
    session.restore({ strokes: visit.strokes });
    const { picture } = visit;
    if (picture !== undefined) {
      decoding = picture; // kept if the page is loaded again before it is decoded
      void pictures.load(() => decodePicture(picture), (decoded) => {
        decoding = undefined;
        session.restore({ picture: decoded });
      });
    }
  });
  applyTheme();
  openLink();
  models.start(model);
}
