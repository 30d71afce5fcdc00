// What gr.HTML gives to the code of js_on_load.

import type { PictureLimits } from "../drawing/picture_file.ts";
import type { InkFormat } from "../recognition/ink.ts";
import type { WorkerFiles } from "../recognition/page_worker.ts";
import type { RowLimits } from "../recognition/server_recognizer.ts";
import type { InputScale } from "../views/receptive_field.ts";

/** The value of the component, and what pad/page.py passes to it. */
export interface Props {
  /** JSON object with the page's texts */
  readonly value: string;
  readonly ink: InkFormat;
  readonly input_scale: InputScale;
  readonly row_limits: RowLimits;
  readonly default_model: string;
  readonly picture_limits: PictureLimits;
  readonly files: WorkerFiles;
  /** address of the server's functions, relative to the page */
  readonly functions: string;
}

export interface Host {
  readonly element: HTMLElement;
  readonly props: Props;
  /** Call a function after every change of a prop. */
  watch(prop: keyof Props, callback: () => void): void;
}
