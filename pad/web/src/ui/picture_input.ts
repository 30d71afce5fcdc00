// Picture files: chosen, pasted or dropped.

import { isCovered } from "./shortcuts.ts";

/**
 * Call take(file) for every file that is chosen, pasted, or dropped anywhere on the page; the
 * browser itself would open a dropped file in the page's place.
 */
export function bindPictures(
  element: HTMLElement, dropArea: HTMLElement, input: HTMLInputElement, take: (file: File) => void,
): void {
  input.addEventListener("change", () => {
    if (input.files?.length) take(input.files[0]);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (!element.isConnected || !file || isCovered()) return;
    event.preventDefault();
    take(file);
  });
  const onDrag = (name: "dragover" | "dragleave" | "drop", handle: (event: DragEvent) => void) =>
    document.addEventListener(name, (event) => {
      if (element.isConnected && event.dataTransfer?.types.includes("Files")) handle(event);
    });
  onDrag("dragover", (event) => {
    event.preventDefault();
    dropArea.classList.add("drop");
  });
  onDrag("dragleave", (event) => {
    if (!event.relatedTarget) dropArea.classList.remove("drop"); // out of the window
  });
  onDrag("drop", (event) => {
    event.preventDefault();
    dropArea.classList.remove("drop");
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
}
