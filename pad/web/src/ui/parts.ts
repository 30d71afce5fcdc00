// The elements of sketchpad.html that the scripts use.

const KINDS = {
  banner: HTMLElement,
  bars: HTMLElement,
  announcement: HTMLElement,
  boxes: HTMLElement,
  canvas: HTMLCanvasElement,
  compare: HTMLElement,
  confidence: HTMLElement,
  cursor: HTMLElement,
  digit: HTMLElement,
  drawing: HTMLCanvasElement,
  "drawing-size": HTMLElement,
  eraser: HTMLElement,
  evidence: SVGSVGElement,
  examples: HTMLElement,
  file: HTMLInputElement,
  field: HTMLElement,
  frame: HTMLCanvasElement,
  "map-detail": HTMLElement,
  "map-order": HTMLElement,
  "map-scale": HTMLElement,
  model: HTMLSelectElement,
  "model-about": HTMLElement,
  "model-facts": HTMLElement,
  network: HTMLElement,
  note: HTMLElement,
  paper: HTMLElement,
  place: HTMLElement,
  progress: HTMLElement,
  ramp: HTMLCanvasElement,
  readout: HTMLElement,
  row: HTMLElement,
  share: HTMLButtonElement,
  "share-dialog": HTMLDialogElement,
  "show-me": HTMLElement,
  stages: HTMLElement,
  tabs: HTMLElement,
  tools: HTMLElement,
  unshown: HTMLElement,
  why: HTMLElement,
} as const;

/** By the value of their data-part. */
export type Parts = { readonly [Name in keyof typeof KINDS]: InstanceType<(typeof KINDS)[Name]> };

/** Find the elements with data-part below root; one that is missing is an error of the page. */
export function findParts(root: HTMLElement): Parts {
  const parts = Object.entries(KINDS).map(([name, kind]) => {
    const node = find(root, `[data-part=${name}]`, Element);
    if (!(node instanceof kind)) throw new Error(`data-part ${name} is a ${node.tagName}`);
    return [name, node];
  });
  return Object.fromEntries(parts) as Parts;
}

/** The first element below root that a selector matches. */
export function find<Kind extends Element>(
  root: Element, selector: string, kind: new () => Kind,
): Kind {
  const node = root.querySelector(selector);
  if (!(node instanceof kind)) throw new Error(`the page has no ${selector}`);
  return node;
}
