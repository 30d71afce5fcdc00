// The functions of pad/functions.py, as gr.HTML offers them, and the JSON they exchange
// (pad/payload.py).

import type { Kernel, ModelDescription } from "./model.ts";

export interface ModelRequest {
  model: string;
  version?: string;
}

export interface ClassifyRequest extends ModelRequest {
  layers: readonly string[];
  digit: number | null;
}

export interface InkRequest extends ClassifyRequest {
  /** base64 of the ink canvas */
  ink: string;
  /** empty unless the drawing may be a row of digits */
  strokes: number[][];
}

export interface CanvasesRequest extends ModelRequest {
  /** base64 of the canvases, one after the other */
  canvases: string;
}

export interface PictureRequest extends ClassifyRequest {
  /** base64 of a picture file */
  picture: string;
}

export interface KernelRequest extends ModelRequest {
  layer: string;
  channel: number;
}

/** In place of every other reply: what is wrong with the request or the model. */
export interface Failure {
  error: string;
  stale?: boolean;
  gone?: boolean;
  /** asking again later helps */
  busy?: boolean;
}

export interface MapsReply {
  shape: number[];
  top: number;
  peaks: number[];
  /** base64 */
  pixels: string;
}

export interface ClassifyReply {
  digit: number | null;
  is_digit: boolean;
  digit_score: number;
  reason: string | null;
  close: number[];
  blank: boolean;
  probabilities: number[];
  /** base64 of 28 x 28 bytes */
  frame: string;
  maps: Record<string, MapsReply>;
  hidden: MapsReply | null;
  row?: {
    looked_at: number;
    digits: { digit: number | null; is_digit: boolean; box: [number, number, number, number] }[];
  };
  /** of a picture */
  size?: [number, number];
}

/** Each call may also reject, or resolve to undefined, when the server does not respond. */
export interface Server {
  classify_ink(request: InkRequest): Promise<ClassifyReply | Failure | undefined>;
  classify_picture(request: PictureRequest): Promise<ClassifyReply | Failure | undefined>;
  classify_canvases(
    request: CanvasesRequest,
  ): Promise<{ probabilities: number[][] } | Failure | undefined>;
  describe_model(request: ModelRequest): Promise<ModelDescription | Failure | undefined>;
  kernel(request: KernelRequest): Promise<Kernel | Failure | undefined>;
}
