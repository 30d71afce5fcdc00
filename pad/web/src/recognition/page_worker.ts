// The worker of the page, and the addresses of its files.

import type { BrowserOptions } from "./browser_recognizer.ts";
import type { Step } from "./local/imaging.ts";

/** Addresses, relative to the page, of what runs models in the browser; see pad/files.py. */
export interface WorkerFiles {
  readonly worker: string;
  readonly wasm: string;
  readonly steps: Readonly<Record<Step, string>>;
}

export function workerOptions(files: WorkerFiles): Pick<BrowserOptions, "start" | "files"> {
  const steps = Object.entries(files.steps).map(([step, path]) => [step, absolute(path)]);
  return {
    start: () => new Worker(absolute(files.worker), { type: "module" }),
    files: {
      wasm: absolute(files.wasm),
      steps: Object.fromEntries(steps) as Record<Step, string>,
    },
  };
}

const absolute = (path: string): string => new URL(path, document.baseURI).href;
