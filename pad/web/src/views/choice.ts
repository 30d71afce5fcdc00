// Buttons of which one is pressed.

/** Call choose(value) when another button is pressed; the values are in data-value. */
export function pressedChoice(group: HTMLElement, choose: (value: string) => void): void {
  const buttons = [...group.querySelectorAll<HTMLButtonElement>("[data-value]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      choose(button.dataset.value!);
    });
  }
}
