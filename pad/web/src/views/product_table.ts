// Patch times kernel, number by number.

import { readableOn, type ColourScale } from "./colour.ts";
import { decimal } from "./decimal.ts";

/** Elements for the patch, the kernel, and the sum of their products. */
export function productTable(
  patch: readonly number[], weights: readonly number[], columns: number, colours: ColourScale,
): HTMLElement[] {
  const sum = patch.reduce((total, value, index) => total + value * weights[index], 0);
  return [
    table(patch, columns, colours), sign("×"), table(weights, columns, colours),
    sign(`= ${decimal(sum, 2)}`),
  ];
}

function sign(text: string): HTMLElement {
  const element = document.createElement("b");
  element.textContent = text;
  return element;
}

function table(values: readonly number[], columns: number, colours: ColourScale): HTMLElement {
  const element = document.createElement("div");
  element.className = "numbers";
  element.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
  const largest = Math.max(...values.map(Math.abs), 1e-6);
  element.append(...values.map((value) => {
    const cell = document.createElement("span");
    cell.textContent = decimal(value, 1);
    const colour = colours[Math.round(127.5 + 127.5 * (value / largest))];
    const [red, green, blue] = [colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255];
    cell.style.background = `rgb(${red} ${green} ${blue})`;
    cell.style.color = readableOn(red, green, blue);
    return cell;
  }));
  return element;
}
