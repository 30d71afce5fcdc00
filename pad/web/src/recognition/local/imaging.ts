// The exported steps from ink and pictures to canvases (mnist_core/inference/imaging_graphs.py).

import type { Box } from "../../drawing/drawing.ts";
import { canvasOf, joined, PIXELS, roundEven, SIDE, split, type Canvas } from "./canvases.ts";
import { booleans, bytesOf, floats, floatsOf, type Graph, type Tensors } from "./graph.ts";
import type { GreyImage } from "./grey.ts";

export const STEPS = ["find_ink", "find_parts", "draw_parts", "fit_ink"] as const;
export type Step = (typeof STEPS)[number];

const GRID = 80; // cells along the longer side of a picture of one digit
const LARGEST_GRID = 512;

export interface FittedInk {
  readonly canvas: Canvas;
  /** y, x of the middle of the ink's box before it was fitted */
  readonly centre: readonly [number, number];
  /** height, width of that box */
  readonly sides: readonly [number, number];
}

export type FitInk = (inks: readonly Canvas[]) => Promise<FittedInk[]>;

/** The parts of the digits in a picture. */
export interface PictureParts {
  /** in pixels of the grey image */
  readonly boxes: readonly Box[];
  /** the ink of each group of parts, on a canvas */
  inks(groups: readonly (readonly number[])[]): Promise<Canvas[]>;
}

export class Imaging {
  readonly #graph: (step: Step) => Promise<Graph>;

  /** @param graph loads a step's graph, or returns the loaded one */
  constructor(graph: (step: Step) => Promise<Graph>) { this.#graph = graph; }

  /** Fit ink to canvases. */
  readonly fit: FitInk = async (inks) => {
    const graph = await this.#graph("fit_ink");
    const batch = joined(inks);
    const outputs = await graph.run({ ink: floats(batch, [inks.length, SIDE, SIDE]) });
    const [centres, sides] = [floatsOf(outputs.centre), floatsOf(outputs.sides)];
    return split(floatsOf(outputs.fitted), PIXELS).map((canvas, index) => ({
      canvas,
      centre: [centres[2 * index], centres[2 * index + 1]],
      sides: [sides[2 * index], sides[2 * index + 1]],
    }));
  };

  /** The ink of the one digit in a picture. */
  async findInk(picture: GreyImage): Promise<Canvas> {
    const graph = await this.#graph("find_ink");
    return canvasOf(bytesOf((await graph.run({ grey: tensorOf(picture) })).canvas));
  }

  /** The parts of the digits in a picture; null for one without ink. */
  async findParts(picture: GreyImage): Promise<PictureParts | null> {
    const graph = await this.#graph("find_parts");
    const cells = gridSize(picture.height, picture.width);
    const found = await graph.run({
      grey: tensorOf(picture), cells: floats(new Float32Array(cells), [cells]),
    });
    if (!bytesOf(found.found)[0]) return null;
    const { kept, ...places } = found;
    return this.#parts(picture, bytesOf(kept), places);
  }

  #parts(picture: GreyImage, kept: Uint8Array, places: Tensors): PictureParts {
    const [sides, [step]] = [split(floatsOf(places.sides), 4), floatsOf(places.step)];
    const regions = [...kept.keys()].filter((region) => kept[region]);
    const boxOf = (region: number): Box => {
      const [left, top, right, bottom] = sides[region];
      return [
        Math.max(0, Math.trunc(left * step)),
        Math.max(0, Math.trunc(top * step)),
        Math.min(picture.width, Math.ceil(right * step)),
        Math.min(picture.height, Math.ceil(bottom * step)),
      ];
    };
    return {
      boxes: regions.map(boxOf),
      inks: async (groups) => {
        const chosen = new Uint8Array(groups.length * kept.length);
        groups.forEach((parts, row) => {
          for (const part of parts) chosen[row * kept.length + regions[part]] = 1;
        });
        const graph = await this.#graph("draw_parts");
        const { ink } = await graph.run({
          grey: tensorOf(picture),
          chosen: booleans(chosen, [groups.length, kept.length]),
          ...places,
        });
        return split(floatsOf(ink), PIXELS);
      },
    };
  }
}

const tensorOf = ({ values, width, height }: GreyImage) => floats(values, [height, width]);

/** As many cells for each digit of a row as for a digit alone. */
function gridSize(height: number, width: number): number {
  const longer = Math.max(height, width) / Math.min(height, width);
  return Math.min(LARGEST_GRID, 4 * roundEven((GRID * longer) / 4));
}
