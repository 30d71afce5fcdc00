// Colour scales, taken from the style sheet so that they follow the theme.

/** 256 RGBA colours between the stops --name-0, --name-1, ... of the style sheet. */
function colourScale(element, name, stops) {
  const style = getComputedStyle(element);
  const anchors = Array.from({ length: stops }, (_, i) =>
    hexColour(style.getPropertyValue(`--${name}-${i}`)));
  return Uint32Array.from({ length: 256 }, (_, grey) => {
    const at = (grey / 255) * (stops - 1);
    const low = Math.min(Math.floor(at), stops - 2);
    const mix = (c) => Math.round(anchors[low][c] + (at - low) * (anchors[low + 1][c] - anchors[low][c]));
    return (255 << 24) | (mix(2) << 16) | (mix(1) << 8) | mix(0);
  });
}

function hexColour(text) {
  const hex = text.trim().slice(1);
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** Paint bytes as a width x height picture, one pixel per byte; the style sheet scales it up. */
function paintGreys(canvas, greys, width, height, scale) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = scale[greys[i]];
  context.putImageData(image, 0, 0);
}

/** base64 -> bytes. */
function decodeBytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** bytes -> base64, for short arrays. */
function encodeBytes(bytes) {
  return btoa(String.fromCharCode(...bytes));
}
