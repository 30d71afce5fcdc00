// Picture files: chosen, pasted or dropped.

const SHRUNK_SIDE = 2000; // longest side of a picture that was too large to send, in pixels

/**
 * A file as {base64, bitmap}; bitmap is null if the browser cannot decode it. Pictures larger than
 * the limits {bytes, side} are scaled down; null if that is not possible.
 */
async function readPicture(file, limits) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  let sent = file;
  if (bitmap && (file.size > limits.bytes || Math.max(bitmap.width, bitmap.height) > limits.side)) {
    sent = await shrunk(bitmap);
  }
  if (sent.size > limits.bytes) return null;
  const url = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => done("");
    reader.readAsDataURL(sent);
  });
  return { base64: url.slice(url.indexOf(",") + 1), bitmap };
}

function shrunk(bitmap) {
  const scale = Math.min(1, SHRUNK_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** Call take(file) for every picture that is chosen, pasted, or dropped on the drawing area. */
function bindPictures(element, dropArea, input, take) {
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (!element.isConnected || !file) return;
    event.preventDefault();
    take(file);
  });
  dropArea.addEventListener("dragover", (event) => event.preventDefault());
  dropArea.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
}
