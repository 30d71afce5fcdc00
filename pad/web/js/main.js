// Creates the parts of the page and connects them. In scope from gr.HTML: element, props, server, watch.

const root = element.querySelector(".drawpad");
const part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) =>
  [node.dataset.part.replace(/-(\w)/, (_, letter) => letter.toUpperCase()), node]));

const texts = new Texts();
const text = (key, values) => texts.get(key, values);
const banner = new Banner(root, part.banner, text);

// ---- editing the drawing ------------------------------------------------------------------

let lookedAt = null; // the digit of a row that the user has chosen to look at

const session = new DrawingSession({
  edit: () => {
    lookedAt = null;
    refresh();
  },
  replace: () => recognition.discard(),
  begin: () => banner.clear(),
  save: () => saveState({
    strokes: session.drawing.strokes, model: models.name, penWidth: toolbar.penWidth,
  }),
});

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

const begin = (points, erase) => session.beginStroke(points, toolbar.penWidth, erase || toolbar.erasing);
const move = (points) => session.continueStroke(points, toolbar.penWidth);
const end = () => session.endStroke();

const canvas = new DrawingCanvas(part.canvas, { start: begin, move, end, resize: paint });
const keyboardPen = new KeyboardPen(part.canvas, part.cursor, {
  start: (points) => begin(points, false), move, end,
});

bindShortcuts(element, {
  ...actions,
  eraser: () => toolbar.chooseEraser(!toolbar.erasing),
  thinner: () => toolbar.stepPen(-1),
  thicker: () => toolbar.stepPen(1),
  pen: (event) => keyboardPen.action(event),
});

addExampleButtons(part.examples, (digit) => {
  toolbar.chooseEraser(false);
  session.playExample(digit, toolbar.penWidth);
});

bindPictures(element, part.paper, part.file, async (file) => {
  const picture = await readPicture(file, props.picture_limits);
  if (picture) session.setPicture(picture);
  else banner.show(text("too_large", { limit: Math.floor(props.picture_limits.bytes / 2 ** 20) }));
});

// ---- classifying it -----------------------------------------------------------------------

const prediction = new PredictionView(part, text);

const row = new RowView(part, text, (index) => {
  lookedAt = index;
  classify();
});

const models = new ModelPicker(root, part.model, server, banner, text, props.default_model, (description) => {
  network.build(description);
  session.changed();
});

const network = new NetworkView(part, text, {
  toggle: classify,
  kernel: async (layer, channel) => {
    const { name: model, version } = models;
    const reply = await server.kernel({ model, version, layer, channel });
    if (reply?.stale) models.use(models.name);
    return reply;
  },
});

const recognition = new Recognition(server, props.ink, props.row_limits, {
  response: (reply, drawing) => {
    prediction.show(reply);
    network.show(reply);
    row.show(reply.row ?? null, drawing.picture ? picturePlace(reply.size) : strokesPlace);
  },
  blank: (isEmptyDrawing) => {
    prediction.clear(isEmptyDrawing ? "" : text("too_little"));
    network.show(null);
    row.show(null);
  },
  stale: (model) => models.use(model), // which also classifies again
  error: (message, drawing) => {
    session.rejectPicture(drawing);
    banner.show(message);
  },
  connection: (lost) => banner.setConnectionLost(lost),
  idle: showBusy,
});

function classify() {
  if (!models.ready) return; // the first description of a model calls this function
  const { name, version } = models;
  recognition.request(session.drawing, { name, version }, network.openStages, lookedAt);
  showBusy();
}

// ---- the page -----------------------------------------------------------------------------

let frameRequest = 0;

/** Paint the drawing and classify it, once in the next animation frame. */
function refresh() {
  frameRequest ||= requestAnimationFrame(() => {
    frameRequest = 0;
    paint();
    classify();
    showBusy(); // also if it was not classified
  });
  showBusy();
}

/** The page is busy until the bars belong to the drawing. */
function showBusy() { root.setAttribute("aria-busy", frameRequest !== 0 || !recognition.idle); }

function paint() {
  const { drawing, canUndo, canRedo } = session;
  canvas.render(drawing);
  renderDrawing(part.drawing, drawing);
  root.classList.toggle("inked", !isEmpty(drawing));
  toolbar.enable({ undo: canUndo, redo: canRedo, clear: !isEmpty(drawing) });
}

function applyTheme() {
  network.recolour();
  paint();
}

function translate() {
  texts.load(props.value, root);
  labelExampleButtons(part.examples, text);
}

new MutationObserver(applyTheme).observe(document.body, { attributes: true, attributeFilter: ["class"] });
translate();
watch("value", translate);
restoreState(({ model, penWidth, strokes }) => {
  models.name = model;
  toolbar.choosePen(penWidth);
  session.restore(strokes);
});
applyTheme();
models.use(models.name);
