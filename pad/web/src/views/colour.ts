// Colour scales, taken from the style sheet so that they follow the theme.

/** 256 RGBA colours, as pixels of image data. */
export type ColourScale = Uint32Array;

/** The colours between the stops --name-0, --name-1, ... of the style sheet. */
export function colourScale(element: Element, name: string, stops: number): ColourScale {
  const style = getComputedStyle(element);
  return mixColours(Array.from({ length: stops }, (_, i) =>
    style.getPropertyValue(`--${name}-${i}`)));
}

/** 256 colours between stops that are written as #rrggbb. */
export function mixColours(stops: readonly string[]): ColourScale {
  const anchors = stops.map(parseHex);
  return Uint32Array.from({ length: 256 }, (_, grey) => {
    const at = (grey / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const mix = (channel: number) => Math.round(
      anchors[low][channel] + (at - low) * (anchors[low + 1][channel] - anchors[low][channel]));
    return (255 << 24) | (mix(2) << 16) | (mix(1) << 8) | mix(0);
  });
}

function parseHex(text: string): number[] {
  const hex = text.trim().slice(1);
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** Black or white, whichever is read better on an sRGB colour: a contrast of at least 4.5. */
export function readableOn(red: number, green: number, blue: number): string {
  const linear = (byte: number) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  return luminance > 0.179 ? "#000" : "#fff";
}

/** Paint bytes as a width x height picture, one pixel per byte; the style sheet scales it up. */
export function paintGreys(
  canvas: HTMLCanvasElement, greys: Uint8Array, width: number, height: number, scale: ColourScale,
): void {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = scale[greys[i]];
  context.putImageData(image, 0, 0);
}
