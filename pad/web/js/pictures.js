// Pictures from a file, the clipboard or a drop.

/** A file as {base64, bitmap}; bitmap is null where the browser cannot show it. */
async function readPicture(file) {
  const url = await new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => done("");
    reader.readAsDataURL(file);
  });
  const bitmap = await createImageBitmap(file).catch(() => null);
  return { base64: url.slice(url.indexOf(",") + 1), bitmap };
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
