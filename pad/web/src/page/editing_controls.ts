// What the drawing is edited with: pens, toolbar, shortcuts, examples, and the drawing area.

import { DrawingCanvas } from "../drawing/canvas.ts";
import { isEmpty } from "../drawing/drawing.ts";
import { exampleStrokes } from "../drawing/examples.ts";
import type { Pen } from "../drawing/pen.ts";
import { renderDrawing } from "../drawing/render.ts";
import type { DrawingSession } from "../drawing/session.ts";
import { bindEraserRing } from "../ui/eraser_ring.ts";
import { addExampleButtons } from "../ui/example_buttons.ts";
import { KeyboardPen } from "../ui/keyboard_pen.ts";
import { bindShortcuts } from "../ui/shortcuts.ts";
import { Toolbar } from "../ui/toolbar.ts";
import type { PageContext } from "./context.ts";

type Context = Pick<PageContext, "element" | "root" | "part">;

export class EditingControls {
  readonly #context: Context;
  readonly #session: DrawingSession;
  readonly #toolbar: Toolbar;
  readonly #canvas: DrawingCanvas;

  /** @param penChosen the visitor chose another pen */
  constructor(context: Context, session: DrawingSession, penChosen: () => void) {
    const { element, root, part } = context;
    this.#context = context;
    this.#session = session;

    const actions = {
      undo: () => session.undo(),
      redo: () => session.redo(),
      clear: () => {
        toolbar.chooseEraser(false);
        session.clear();
      },
      upload: () => part.file.click(),
    };
    const toolbar = new Toolbar(root, actions, penChosen);
    this.#toolbar = toolbar;

    const pen: Pen = {
      start: (points, erasing, interrupted) =>
        session.beginStroke(points, toolbar.penWidth, erasing || toolbar.erasing, interrupted),
    };
    this.#canvas = new DrawingCanvas(part.canvas, pen, () => this.paint());
    const keyboardPen = new KeyboardPen(part.canvas, part.cursor, pen);
    bindEraserRing(part.canvas, part.eraser, () => toolbar.penWidth);

    bindShortcuts(element, {
      ...actions,
      eraser: () => toolbar.chooseEraser(!toolbar.erasing),
      thinner: () => toolbar.stepPen(-1),
      thicker: () => toolbar.stepPen(1),
      other: (event) => keyboardPen.action(event),
    });

    const playExample = (digit: number) => {
      toolbar.chooseEraser(false);
      session.playExample(exampleStrokes(digit), toolbar.penWidth);
    };
    addExampleButtons(part.examples, playExample);
    part["show-me"].addEventListener("click", () => playExample(Math.floor(10 * Math.random())));
  }

  /** in canvas units */
  get penWidth(): number { return this.#toolbar.penWidth; }

  /** Choose one of the widths; others are ignored. */
  choosePen(width: number): void { this.#toolbar.choosePen(width); }

  /** Paint the drawing, and enable what can be done with it. */
  paint(): void {
    const { root, part } = this.#context;
    const { drawing, canUndo, canRedo } = this.#session;
    this.#canvas.render(drawing);
    renderDrawing(part.drawing, drawing);
    root.classList.toggle("inked", !isEmpty(drawing));
    part.unshown.hidden = !drawing.picture || drawing.picture.bitmap !== null;
    this.#toolbar.enable({ undo: canUndo, redo: canRedo, clear: !isEmpty(drawing) });
  }
}
