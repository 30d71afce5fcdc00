// Pictures from a file, the clipboard or a drop.

const SHRUNK_SIDE = 2000; // of a picture that is too large to send, in pixels

/**
 * A file as {base64, bitmap}; bitmap is null where the browser cannot show it. What is larger than
 * the limits {bytes, side} is scaled down; null if it is too large and cannot be.
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

/** Call take(file) for every picture that is chosen, pasted, or dropped on the paper. */
function bindPictures(element, paper, input, take) {
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
  paper.addEventListener("dragover", (event) => event.preventDefault());
  paper.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
}
