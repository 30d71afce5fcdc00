// Picture files: chosen, pasted or dropped.

import { isCovered } from "./shortcuts.ts";

/** Why nothing that was given can be read: the key of a text. */
export type InputProblem = "folder" | "pasted_no_picture" | "dropped_link";

export interface PictureTaker {
  /** Read a file, one of `count` that were given at once. */
  take(file: File, count: number): void;
  refuse(problem: InputProblem): void;
}

const TEXT_FIELDS = "input, textarea, [contenteditable]";

/**
 * Give to `taker` what is chosen, pasted, or dropped anywhere on the page; the browser itself would
 * open a dropped file or link in the page's place. Below an open dialog, nothing is taken.
 */
export function bindPictures(
  element: HTMLElement, dropArea: HTMLElement, input: HTMLInputElement, taker: PictureTaker,
): void {
  input.addEventListener("change", () => {
    if (input.files?.length) taker.take(input.files[0], 1);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    if (!element.isConnected || isCovered()) return;
    if (event.clipboardData?.types.includes("Files")) {
      event.preventDefault();
      takeFiles(event.clipboardData, taker);
    } else if (!isTextField(event)) {
      taker.refuse("pasted_no_picture");
    }
  });
  const onDrag = (
    name: "dragover" | "dragleave" | "drop", handle: (event: DragEvent, data: DataTransfer) => void,
  ) => document.addEventListener(name, (event) => {
    if (element.isConnected && event.dataTransfer && wouldBeOpened(event, event.dataTransfer)) {
      handle(event, event.dataTransfer);
    }
  });
  onDrag("dragover", (event, data) => {
    event.preventDefault();
    const covered = isCovered();
    if (covered) data.dropEffect = "none";
    dropArea.classList.toggle("drop", !covered && data.types.includes("Files"));
  });
  onDrag("dragleave", (event) => {
    if (!event.relatedTarget) dropArea.classList.remove("drop"); // out of the window
  });
  onDrag("drop", (event, data) => {
    event.preventDefault();
    dropArea.classList.remove("drop");
    if (isCovered()) return;
    if (data.types.includes("Files")) takeFiles(data, taker);
    else taker.refuse("dropped_link");
  });
}

/** Whether the browser opens what is dropped: files, and links beside text fields. */
function wouldBeOpened(event: DragEvent, { types }: DataTransfer): boolean {
  return types.includes("Files") || (types.includes("text/uri-list") && !isTextField(event));
}

function isTextField({ target }: Event): boolean {
  return target instanceof Element && target.closest(TEXT_FIELDS) !== null;
}

/** Of several files the first that is called a picture, else the first; folders are no files. */
function takeFiles({ items }: DataTransfer, { take, refuse }: PictureTaker): void {
  const files = [...items]
    .filter((item) => item.kind === "file" && !item.webkitGetAsEntry?.()?.isDirectory)
    .map((item) => item.getAsFile())
    .filter((file) => file !== null);
  const picture = files.find(({ type }) => type.startsWith("image/")) ?? files[0];
  if (picture) take(picture, files.length);
  else refuse("folder");
}
