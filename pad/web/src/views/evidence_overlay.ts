// Drawn over the paper: the attribution of each place of the ink towards a digit, and changes of it.

import type { Change } from "../recognition/counterfactual.ts";
import { REMOVED_RADIUS } from "../recognition/counterfactual.ts";
import type { InkPlace } from "../recognition/occlusion.ts";
import type { ColourScale } from "./colour.ts";

/** Log-odds: where no place matters more than this, none has the full colour. */
const LEAST = 1;
const SVG = "http://www.w3.org/2000/svg";

export class EvidenceOverlay {
  readonly #svg: SVGSVGElement;

  /** svg: over the drawing area, in its units */
  constructor(svg: SVGSVGElement) { this.#svg = svg; }

  clear(): void { this.#svg.replaceChildren(); }

  /** values: attribution of each place, positive towards the digit; width: of the lines */
  showEvidence(
    places: readonly InkPlace[], values: readonly number[], width: number, colours: ColourScale,
  ): void {
    const largest = Math.max(...values.map(Math.abs), LEAST);
    this.#svg.replaceChildren(...places.map((place, i) => {
      const next = places[i + 1]?.stroke === place.stroke ? places[i + 1] : place;
      const colour = css(colours[Math.round(127.5 + 127.5 * (values[i] / largest))]);
      return this.#line(place, next, { stroke: colour, "stroke-width": String(width) });
    }));
  }

  showChanges(changes: readonly Change[]): void {
    this.#svg.replaceChildren(...changes.map((change) => {
      if (change.kind === "remove") return this.#circle(change.place);
      const [ax, ay, bx, by] = change.stroke.points;
      return this.#line({ x: ax, y: ay }, { x: bx, y: by }, {
        class: "added", "stroke-width": String(change.stroke.width),
      });
    }));
  }

  #line(
    from: { x: number; y: number }, to: { x: number; y: number },
    attributes: Readonly<Record<string, string>>,
  ): SVGElement {
    return element("line", {
      x1: String(from.x), y1: String(from.y), x2: String(to.x), y2: String(to.y), ...attributes,
    });
  }

  #circle({ x, y }: InkPlace): SVGElement {
    return element("circle", {
      cx: String(x), cy: String(y), r: String(REMOVED_RADIUS + 6), class: "removed",
    });
  }
}

function element(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

function css(pixel: number): string {
  return `rgb(${pixel & 255} ${(pixel >>> 8) & 255} ${(pixel >>> 16) & 255})`;
}
