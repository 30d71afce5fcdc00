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

  show({ digit, is_digit, reason, close, blank, probabilities, row }) {
    if (blank) return this.clear(this.text("too_little"));
    if (!is_digit) return this.#refuse(digit, reason, probabilities);
    this.#fill(probabilities, digit);
    const sure = close.length === 0;
    const percent = this.#percent(probabilities[digit]);
    this.#write(digit, percent, sure ? "" : this.text("not_sure", { a: close[0], b: close[1] }));
    if (row) {
      const digits = row.digits.map((one) => one.is_digit ? one.digit : "?").join(" ");
      this.#announce(this.text("row_announcement", { digits, digit, percent }));
    } else {
      this.#announce(sure ? this.text("announcement", { digit, percent }) : this.part.note.textContent);
    }
  }

  /** The digit that is closest to what is none, without a winner among the bars. */
  #refuse(digit, reason, probabilities) {
    const note = this.text(reason === "several digits" ? "several_digits" : "not_a_digit", { digit });
    this.#fill(probabilities, null);
    this.#write("?", "", note);
    this.part.digit.classList.add("refused");
    this.#announce(note);
  }

  #write(digit, confidence, note) {
    this.part.digit.textContent = digit;
    this.part.digit.classList.remove("refused");
    this.part.confidence.textContent = confidence;
    this.part.note.textContent = note;
  }

  /** Show no prediction, only a note. */
  clear(note = "") {
    this.#fill(new Array(10).fill(0), null);
    this.#rows.forEach(({ percent }) => { percent.textContent = ""; });
    this.#write("", "", note);
    this.#announce(note);
  }

  #fill(probabilities, winner) {
    this.#rows.forEach(({ row, bar, percent }, digit) => {
      const value = probabilities[digit];
      row.classList.toggle("winner", digit === winner);
      bar.style.transform = `scaleX(${value})`;
      percent.textContent = this.#percent(value);
    });
  }

  #percent(value) { return `${(100 * value).toFixed(1)}%`; }

  /** Screen readers announce the final prediction, not every intermediate one. */
  #announce(message) {
    clearTimeout(this.#announcement);
    this.#announcement = setTimeout(() => { this.part.announcement.textContent = message; }, 700);
  }
}
