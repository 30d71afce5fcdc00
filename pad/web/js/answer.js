// The ten bars, the digit and the words beside it.

class AnswerView {
  #rows;
  #speech;

  constructor(part, text) {
    Object.assign(this, { part, text });
    this.#rows = Array.from({ length: 10 }, (_, digit) => {
      const row = document.createElement("li");
      row.innerHTML = `<b>${digit}</b><i><s></s></i><span></span>`;
      part.bars.append(row);
      return { row, bar: row.querySelector("s"), percent: row.querySelector("span") };
    });
    this.empty();
  }

  show({ digit, close, blank, probabilities }) {
    if (blank) return this.empty(this.text("too_little"));
    this.#fill(probabilities, digit);
    const sure = close.length === 0;
    const percent = this.#percent(probabilities[digit]);
    this.part.digit.textContent = digit;
    this.part.confidence.textContent = percent;
    this.part.note.textContent = sure ? "" : this.text("not_sure", { a: close[0], b: close[1] });
    this.#say(sure ? this.text("spoken", { digit, percent }) : this.part.note.textContent);
  }

  /** A blank pad: nothing is claimed. */
  empty(note = "") {
    this.#fill(new Array(10).fill(0), null);
    this.part.digit.textContent = "";
    this.part.confidence.textContent = "";
    this.part.note.textContent = note;
    this.#say(note);
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

  /** A screen reader hears where the answer came to rest, not every step. */
  #say(words) {
    clearTimeout(this.#speech);
    this.#speech = setTimeout(() => { this.part.spoken.textContent = words; }, 700);
  }
}
