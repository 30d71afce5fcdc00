// What the page knows of a model.

/** A model, and the version of its weights that the page knows. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  /** for running it in the browser */
  readonly graph?: GraphFile;
}

/** A model's exported graph. */
export interface GraphFile {
  /** in a description relative to the page, else absolute */
  readonly url: string;
  /** whether the model can refuse a drawing */
  readonly refuses: boolean;
}

export interface Stage {
  readonly name: string;
  /** channels, height, width */
  readonly shape: readonly [number, number, number];
  readonly parameters: number;
  readonly field: ReceptiveField;
}

/**
 * The part of the frame that a pixel of a feature map depends on: pixel i of a row depends on the
 * `size` columns of the frame from `start + i * step` on, and the same downwards.
 */
export interface ReceptiveField {
  readonly size: number;
  readonly step: number;
  readonly start: number;
}

/** What is known of a model without loading it. */
export interface ModelCard {
  /** on MNIST's test images, in 0 to 1; null if unknown */
  readonly accuracy: number | null;
  readonly architecture: string;
  /** it was distilled from other networks */
  readonly has_teacher: boolean;
  /** of its weights */
  readonly bytes: number;
}

export interface ModelDescription {
  /** names of all models that are offered */
  readonly models: readonly string[];
  readonly version: string;
  readonly graph: GraphFile;
  readonly architecture: string;
  /** of all members of an ensemble */
  readonly parameters: number;
  readonly stages: readonly Stage[];
  /** sizes of the layers after the last stage */
  readonly head: readonly number[];
  readonly head_parameters: number;
  /** on MNIST's test images, in 0 to 1; null if unknown */
  readonly accuracy: number | null;
  /** networks of an ensemble, else 1 */
  readonly members: number;
  /** of all models that are offered, as far as they are known */
  readonly cards: Readonly<Record<string, ModelCard>>;
}

export interface Kernel {
  /** input channels, height, width */
  readonly shape: readonly [number, number, number];
  readonly weights: readonly number[];
}

/** A model as its description says it is now. */
export function versionOf(name: string, { version, graph }: ModelDescription): ModelVersion {
  return { name, version, graph: { ...graph, url: new URL(graph.url, document.baseURI).href } };
}

/** A model in a list: its name, accuracy and size. */
export function modelLabel(name: string, card: ModelCard | undefined): string {
  return [name, ...modelFigures(card)].join(" · ");
}

/** Accuracy and size, as far as they are known. */
export function modelFigures(card: ModelCard | undefined): string[] {
  if (!card) return [];
  return [...(card.accuracy === null ? [] : [accuracyText(card.accuracy)]), sizeText(card.bytes)];
}

export function accuracyText(accuracy: number): string { return `${(100 * accuracy).toFixed(2)}%`; }

export function sizeText(bytes: number): string {
  const megabytes = bytes / 1e6;
  return megabytes < 1 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${megabytes.toFixed(1)} MB`;
}
