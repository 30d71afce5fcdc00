// What is written above a stage: its name, its maps in plain words, and its parameters. Where there
// is too little room for the words, numbers; the technical terms are in the title.

import type { Stage } from "../recognition/model.ts";
import type { Text } from "../ui/texts.ts";

/** Narrowest stage with the gap after it, in pixels, that the words fit above. */
export const WORDS_WIDTH = 120;

/** HTML of the caption. */
export function stageCaption({ name, shape, parameters }: Stage, text: Text): string {
  const [count, height, width] = shape;
  const values = {
    name, count, height, width, parameters: parameters.toLocaleString("en"),
    technical: `${count} × ${height}×${width}`,
    short: parameters.toLocaleString("en", { notation: "compact" }),
  };
  return `<div class="caption" title="${text("stage_help", values)}">
    <b>${name}</b>
    <span class="wide">${text("stage_maps", values)}</span>
    <span class="wide">${text("stage_parameters", values)}</span>
    <span class="narrow">${text("stage_technical", values)}</span>
    <span class="narrow">${text("stage_parameters_short", values)}</span></div>`;
}
