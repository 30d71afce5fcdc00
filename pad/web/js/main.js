// Ties the parts together. In scope from gr.HTML: element, props, server, watch.

const pad = element.querySelector(".drawpad");
const part = Object.fromEntries([...pad.querySelectorAll("[data-part]")].map((node) =>
  [node.dataset.part.replace(/-(\w)/, (_, letter) => letter.toUpperCase()), node]));
const STORE = "drawpad";

let strings = {};
const text = (key, values = {}) => (strings[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** props.value is a JSON text in the reader's language, chosen by gr.I18n. */
function translate() {
  try {
    strings = JSON.parse(props.value);
  } catch {
    return; // not translated yet; watch() comes back
  }
  pad.querySelectorAll("[data-text]").forEach((node) => { node.textContent = text(node.dataset.text); });
  pad.querySelectorAll("[data-label]").forEach((node) => {
    const label = text(node.dataset.label);
    node.setAttribute("aria-label", label);
    if (node.tagName === "BUTTON") node.title = label;
  });
  [...part.examples.children].forEach((button, digit) =>
    button.setAttribute("aria-label", text("example", { digit })));
}

const history = new History();
let model = props.default_model;
let version; // of the model's weights, which may be replaced while the page is open
let penWidth = 16;
let erasing = false; // the eraser is chosen
let strokeErases = false; // the stroke under way erases: also a pen's own eraser end
let eraserAt = null;
let generation = 0; // answers to a drawing from before a clear, undo or other model are not shown
let frameRequest = 0;
let stopReplay = null;

const answer = new AnswerView(part, text);
const stages = new StagesView(part.stages, text, {
  toggle: () => ask(),
  kernel: async (layer, channel) => {
    const reply = await server.kernel({ model, version, layer, channel });
    if (reply?.stale) useModel(model);
    return reply;
  },
});

// ---- asking the network -------------------------------------------------------------------

const link = new Link(send, onAnswer, (lost) => {
  pad.dataset.line = lost ? "lost" : "";
  banner(lost ? text("lost") : "");
}, () => showBusy());

/** Until the bars are those of the drawing on the paper, the page is busy. */
function showBusy() {
  pad.setAttribute("aria-busy", frameRequest !== 0 || !link.idle);
}

function send(job) {
  const { model, version, layers, drawing: { picture } } = job;
  return picture
    ? server.classify_picture({ model, version, layers, picture: picture.base64 })
    : server.classify_ink({ model, version, layers, ink: encodeBytes(job.ink) });
}

function ask() {
  if (!pad.dataset.model) return; // the first answer of the server asks again
  const drawing = history.current;
  const ink = drawing.picture ? null : inkStrokes(drawing.strokes.map(({ points }) => points), props.ink);
  if (!drawing.picture && !ink) {
    link.drop();
    generation++;
    showBlank(isEmpty(drawing) ? "" : text("too_little"));
    return;
  }
  link.submit({ drawing, ink, model, version, layers: stages.open, generation });
}

function onAnswer(reply, job) {
  if (job.generation !== generation) return;
  if (reply.stale) {
    useModel(job.model); // looks at it anew, and then asks again
    return;
  }
  if (reply.error) {
    banner(reply.error);
    if (job.drawing.picture && history.current === job.drawing) {
      history.undo(); // what was on the paper before the picture comes back
      changed();
      banner(reply.error);
    }
    return;
  }
  answer.show(reply);
  showFrame(reply);
}

let shown = null;

function showFrame(reply) {
  shown = reply;
  paintGreys(part.frame, reply ? decodeBytes(reply.frame) : new Uint8Array(784), 28, 28, stages.mapScale);
  stages.show(reply ? reply.maps : null);
}

function showBlank(note) {
  answer.empty(note);
  showFrame(null);
}

function banner(message) {
  part.banner.textContent = message;
  part.banner.hidden = !message;
}

// ---- the drawing --------------------------------------------------------------------------

/** The paper shows the current drawing, and the network is asked, once in the next frame. */
function refresh() {
  if (frameRequest) return;
  frameRequest = requestAnimationFrame(() => {
    frameRequest = 0;
    paint();
    ask();
    showBusy();
  });
  showBusy();
}

function paint() {
  const drawing = history.current;
  paper.render(drawing);
  renderDrawing(part.drew, drawing);
  pad.classList.toggle("inked", !isEmpty(drawing));
  tool("undo").disabled = !history.canUndo;
  tool("redo").disabled = !history.canRedo;
  tool("clear").disabled = isEmpty(drawing);
}

const tool = (name) => pad.querySelector(`[data-tool=${name}]`);

/** Another drawing, not a longer one: what is still on its way answers another question. */
function changed() {
  generation++;
  if (pad.dataset.line !== "lost") banner("");
  save();
  refresh();
}

function save() {
  try {
    sessionStorage.setItem(STORE, JSON.stringify({ strokes: history.current.strokes, model, penWidth }));
  } catch {
    // storage is off or full: the drawing lives on in this page only
  }
}

function restore() {
  try {
    const saved = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
    if (!saved) return;
    model = saved.model;
    choosePen(saved.penWidth);
    if (saved.strokes.length) history.push({ strokes: saved.strokes, picture: null });
  } catch {
    sessionStorage.removeItem(STORE);
  }
}

function beginStroke(points, erase) {
  stopReplay?.();
  strokeErases = erase || erasing;
  if (strokeErases) {
    history.push(history.current);
    eraserAt = points;
    continueStroke(points);
    return;
  }
  const fresh = isEmpty(history.current) || history.current.picture;
  history.push(withStroke(history.current, points, penWidth));
  if (fresh) generation++;
  if (pad.dataset.line !== "lost") banner("");
  refresh();
}

function continueStroke(points) {
  let drawing = history.current;
  if (strokeErases) {
    for (let i = 0; i < points.length; i += 2) {
      drawing = erased(drawing, ...eraserAt, points[i], points[i + 1], penWidth);
      eraserAt = [points[i], points[i + 1]];
    }
  } else {
    drawing = extended(drawing, points);
  }
  history.replace(drawing);
  refresh();
}

function endStroke() {
  if (strokeErases) changed();
  else save();
}

const paper = new Paper(part.canvas, {
  start: beginStroke, move: continueStroke, end: endStroke, resize: () => paint(),
});

// ---- tools --------------------------------------------------------------------------------

function chooseEraser(on) {
  erasing = on;
  tool("eraser").setAttribute("aria-pressed", on);
}

function choosePen(width) {
  const buttons = [...pad.querySelectorAll("[data-pen]")];
  if (!buttons.some((button) => Number(button.dataset.pen) === width)) return;
  penWidth = width;
  buttons.forEach((button) => button.setAttribute("aria-pressed", Number(button.dataset.pen) === width));
}

function stepPen(by) {
  const widths = [...pad.querySelectorAll("[data-pen]")].map((button) => Number(button.dataset.pen));
  const next = widths[widths.indexOf(penWidth) + by];
  if (next) choosePen(next);
}

const actions = {
  undo: () => { stopReplay?.(); history.undo(); changed(); },
  redo: () => { stopReplay?.(); history.redo(); changed(); },
  eraser: () => chooseEraser(!erasing),
  clear: () => {
    stopReplay?.();
    if (!isEmpty(history.current)) history.push(EMPTY);
    chooseEraser(false);
    changed();
  },
  upload: () => part.file.click(),
};

pad.querySelectorAll("[data-tool]").forEach((button) =>
  button.addEventListener("click", () => actions[button.dataset.tool]()));
pad.querySelectorAll("[data-pen]").forEach((button) =>
  button.addEventListener("click", () => {
    choosePen(Number(button.dataset.pen));
    chooseEraser(false);
  }));

const keyboardPen = new KeyboardPen(part.canvas, part.cursor, {
  start: (points) => beginStroke(points, false), move: continueStroke, end: endStroke,
});

bindShortcuts(element, {
  ...actions, thinner: () => stepPen(-1), thicker: () => stepPen(1), pen: (event) => keyboardPen.action(event),
});

// ---- examples and pictures ----------------------------------------------------------------

part.examples.append(...EXAMPLES.map((_, digit) => {
  const button = document.createElement("button");
  button.type = "button";
  button.innerHTML = exampleIcon(digit);
  button.addEventListener("click", () => playExample(digit));
  return button;
}));

function playExample(digit) {
  stopReplay?.();
  chooseEraser(false);
  generation++;
  history.push(EMPTY);
  const stop = replay(exampleStrokes(digit), (points, isNew) => {
    const drawing = history.current;
    history.replace(isNew ? withStroke(drawing, points, penWidth) : extended(drawing, points));
    refresh();
  }, () => { stopReplay = null; save(); });
  stopReplay = () => { stop(); stopReplay = null; };
}

async function takePicture(file) {
  const picture = await readPicture(file, props.picture_limits);
  if (!picture) {
    banner(text("too_large", { limit: Math.floor(props.picture_limits.bytes / 2 ** 20) }));
    return;
  }
  stopReplay?.();
  history.push({ strokes: [], picture });
  changed();
}

bindPictures(element, part.paper, part.file, takePicture);

// ---- the model, light and dark, the first paint -------------------------------------------

let wanted = model;

/** What the server says of a model and of those on offer; undefined where no answer comes. */
async function describe(name) {
  try {
    return await server.describe_model({ model: name });
  } catch (error) {
    console.warn(error);
    return undefined;
  }
}

/**
 * Switch to a model once the server has said what it looks like; until then the old one reads.
 * note: what to say when it is done.
 */
async function useModel(name, note = "") {
  wanted = name;
  const reply = await describe(name);
  if (name !== wanted) return;
  if (!reply) {
    pad.dataset.line = "lost";
    banner(text("lost"));
    setTimeout(() => { if (name === wanted) useModel(name, note); }, 1000);
    return;
  }
  if (reply.error) {
    refused(name, reply);
    return;
  }
  if (pad.dataset.line === "lost") {
    pad.dataset.line = "";
    banner("");
  }
  model = name;
  version = reply.version;
  offer(reply.models);
  stages.build(reply.stages);
  part.head.textContent = reply.head.join(" → ");
  showFrame(null);
  changed();
  pad.dataset.model = model;
  if (note) banner(note);
}

/** A model cannot be had: the one in use goes on; where that is the one, the default. */
function refused(name, reply) {
  const other = name === model ? props.default_model : model;
  const note = reply.gone ? text("withdrawn", { name, other }) : reply.error;
  wanted = model;
  part.model.value = model;
  if (other === name) banner(note);
  else useModel(other, note); // also brings the list of models up to date
}

function offer(models) {
  const offered = [...part.model.options].map((option) => option.value);
  // an open list is disturbed only where it has changed
  if (offered.join() !== models.join()) {
    part.model.replaceChildren(...models.map((name) => new Option(name, name)));
  }
  part.model.value = model;
}

let looking = false;

/** Find out which models there are now, and whether the one in use is still the same. */
async function lookAnew() {
  if (looking || wanted !== model || !pad.dataset.model || !element.isConnected) return;
  looking = true;
  const reply = await describe(model);
  looking = false;
  if (!reply || wanted !== model) return; // a lost line is said where a drawing waits for it
  if (reply.error || reply.version !== version) useModel(model);
  else offer(reply.models);
}

part.model.addEventListener("change", () => useModel(part.model.value));
["pointerenter", "pointerdown", "focus"].forEach((event) => part.model.addEventListener(event, lookAnew));
window.addEventListener("focus", lookAnew);
document.addEventListener("visibilitychange", () => { if (!document.hidden) lookAnew(); });

function recolour() {
  stages.recolour();
  showFrame(shown);
  paintGreys(part.ramp, Uint8Array.from({ length: 256 }, (_, grey) => grey), 256, 1, stages.mapScale);
  paint();
}

part.drewSize.textContent = `${PAPER}×${PAPER}`;
new MutationObserver(recolour).observe(document.body, { attributes: true, attributeFilter: ["class"] });
translate();
watch("value", translate);
restore();
recolour();
useModel(model);
