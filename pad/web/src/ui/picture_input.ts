// Picture files: chosen, pasted or dropped.

/** Call take(file) for every file that is chosen, pasted, or dropped on the drop area. */
export function bindPictures(
  element: HTMLElement, dropArea: HTMLElement, input: HTMLInputElement, take: (file: File) => void,
): void {
  input.addEventListener("change", () => {
    if (input.files?.length) take(input.files[0]);
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
