// The ten bars, the predicted digit and the texts next to them.

class PredictionView {
  #rows;
  #announcement;

  constructor(part, text) {
    Object.assign(this, { part, text });
    this.#rows = Array.from({ length: 10 }, (_, digit) => {
      const row = document.createElement("li");
      row.innerHTML = `<b>${digit}</b><i><s></s></i><span></span>`;
      part.bars.append(row);
      return { row, bar: row.querySelector("s"), percent: row.querySelector("span") };
    });
    this.clear();
  }

  show({ digit, close, blank, probabilities }) {
    if (blank) return this.clear(this.text("too_little"));
    this.#fill(probabilities, digit);
    const sure = close.length === 0;
    const percent = this.#percent(probabilities[digit]);
    this.part.digit.textContent = digit;
    this.part.confidence.textContent = percent;
    this.part.note.textContent = sure ? "" : this.text("not_sure", { a: close[0], b: close[1] });
    this.#announce(sure ? this.text("announcement", { digit, percent }) : this.part.note.textContent);
  }

  /** Show no prediction, only a note. */
  clear(note = "") {
    this.#fill(new Array(10).fill(0), null);
    this.part.digit.textContent = "";
    this.part.confidence.textContent = "";
    this.part.note.textContent = note;
    this.#announce(note);
  }

  #fill(probabilities, winner) {
    this.#rows.forEach(({ row, bar, percent }, digit) => {
      const value = probabilities[digit];
      row.classList.toggle("winner", digit === winner);
      bar.style.transform = `scaleX(${value})`;
      percent.textContent = winner === null ? "" : this.#percent(value);
    });
  }

  #percent(value) { return `${(100 * value).toFixed(1)}%`; }

  /** Screen readers announce the final prediction, not every intermediate one. */
  #announce(message) {
    clearTimeout(this.#announcement);
    this.#announcement = setTimeout(() => { this.part.announcement.textContent = message; }, 700);
  }
}
