// The functions of pad/functions.py, and the JSON they exchange (pad/payload.py).

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
  /** whether a refusal is explained, which takes ten times as long */
  explain: boolean;
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
  /** what is wrong with a picture: the key of a text */
  problem?: string;
  /** width and height of a picture, where they are what is wrong */
  size?: [number, number];
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
  /** false: the reason of the refusal is not known yet */
  explained?: boolean;
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

type Call<Request, Reply> =
  (request: Request, signal?: AbortSignal) => Promise<Reply | Failure | undefined>;

/**
 * Each call may also reject, or resolve to undefined, when the server does not respond. With a
 * signal that aborts, the request is cancelled: the server does not begin it if it still waits.
 */
export interface Server {
  classify_ink: Call<InkRequest, ClassifyReply>;
  classify_picture: Call<PictureRequest, ClassifyReply>;
  classify_canvases: Call<CanvasesRequest, { probabilities: number[][]; digit_scores: number[] }>;
  describe_model: Call<ModelRequest, ModelDescription>;
  kernel: Call<KernelRequest, Kernel>;
}

/**
 * The server of the page.
 * @param base address of the functions, which ends with a slash
 */
export function connect(base: string): Server {
  const call = <Request, Reply>(name: string): Call<Request, Reply> =>
    async (request, signal) => {
      const response = await fetch(base + name, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(request),
        signal: signal ?? null,
      });
      if (!response.ok) throw new Error(`${name}: status ${response.status}`);
      return response.json();
    };
  return {
    classify_ink: call("classify_ink"),
    classify_picture: call("classify_picture"),
    classify_canvases: call("classify_canvases"),
    describe_model: call("describe_model"),
    kernel: call("kernel"),
  };
}
