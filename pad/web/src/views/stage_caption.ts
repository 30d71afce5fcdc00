// What is written above a stage: its name, its maps in plain words, and the technical terms.

import type { Stage } from "../recognition/model.ts";
import type { Text } from "../ui/texts.ts";

/** HTML of the caption. */
export function stageCaption({ name, shape, parameters }: Stage, text: Text): string {
  const [count, height, width] = shape;
  const values = {
    name, count, height, width, parameters: parameters.toLocaleString("en"),
    technical: `${count} × ${height}×${width}`,
  };
  return `<div class="caption" title="${text("stage_help", values)}">
    <b>${name} <small>${values.technical}</small></b>
    <span class="wide">${text("stage_maps", values)}</span>
    <span class="wide">${text("stage_parameters", values)}</span>
    <span class="narrow">${text("stage_count", values)}</span>
    <span class="narrow">${height}×${width}</span></div>`;
}
