// What the page knows of a model.

/** A model, and the version of its weights that the page knows. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
}

export interface Stage {
  readonly name: string;
  /** channels, height, width */
  readonly shape: readonly [number, number, number];
}

export interface ModelDescription {
  /** names of all models that are offered */
  readonly models: readonly string[];
  readonly version: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly stages: readonly Stage[];
  /** sizes of the layers after the last stage */
  readonly head: readonly number[];
}

export interface Kernel {
  /** input channels, height, width */
  readonly shape: readonly [number, number, number];
  readonly weights: readonly number[];
}
