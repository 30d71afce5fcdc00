// Paints all maps of a stage on one canvas, in the pixels of the screen.

import type { FeatureMaps } from "../recognition/recognizer.ts";
import type { ColourScale } from "./colour.ts";
import { colourMaps, type MapScale } from "./maps.ts";
import { extent } from "./tiling.ts";

/** Where the tiles are, in CSS pixels. */
export interface Grid {
  readonly columns: number;
  readonly tile: number;
  readonly gap: number;
}

export class MapPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #count: number;
  readonly #height: number;
  readonly #width: number;
  readonly #atlas = document.createElement("canvas"); // all maps, one below the other
  readonly #image: ImageData; // of the atlas

  constructor(
    canvas: HTMLCanvasElement, [count, height, width]: readonly [number, number, number],
  ) {
    this.#canvas = canvas;
    this.#count = count;
    this.#height = height;
    this.#width = width;
    this.#atlas.width = width;
    this.#atlas.height = count * height;
    this.#image = new ImageData(width, count * height);
  }

  /** order: channels in the order of the tiles */
  paint(
    maps: FeatureMaps, order: readonly number[], scale: MapScale, colours: ColourScale, grid: Grid,
  ): void {
    const [height, width] = [this.#height, this.#width];
    colourMaps(maps, scale, colours, new Uint32Array(this.#image.data.buffer));
    this.#atlas.getContext("2d")!.putImageData(this.#image, 0, 0);
    const ratio = window.devicePixelRatio || 1;
    const context = this.#resize(grid, ratio);
    const side = Math.round(grid.tile * ratio);
    context.imageSmoothingEnabled = side < 2 * Math.max(height, width);
    order.forEach((channel, place) => {
      const x = Math.round((place % grid.columns) * (grid.tile + grid.gap) * ratio);
      const y = Math.round(Math.floor(place / grid.columns) * (grid.tile + grid.gap) * ratio);
      context.drawImage(this.#atlas, 0, channel * height, width, height, x, y, side, side);
    });
  }

  /** Clear the canvas, in the size of the grid. */
  #resize({ columns, tile, gap }: Grid, ratio: number): CanvasRenderingContext2D {
    const width = Math.round(extent(columns, tile, gap) * ratio);
    const height = Math.round(extent(Math.ceil(this.#count / columns), tile, gap) * ratio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    const context = this.#canvas.getContext("2d")!;
    context.clearRect(0, 0, width, height);
    return context;
  }
}
