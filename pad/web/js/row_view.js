// The digits of a row: a box around each on the drawing area, and a button for each.

class RowView {
  /** part: has the elements `boxes` and `row`; look(index) is called to look at another digit. */
  constructor(part, text, look) { Object.assign(this, { part, text, look }); }

  /**
   * Show the digits of a row.
   * @param {{looked_at: number, digits: {digit: number, is_digit: boolean, box: number[]}[]} | null} row
   *     null for a drawing that is no row
   * @param {(box: number[]) => number[]} place a box in the unit of the drawing -> in canvas units,
   *     with a margin
   */
  show(row, place) {
    const digits = row ? row.digits : [];
    this.part.row.hidden = digits.length === 0;
    this.#fill(this.part.boxes, "i", digits.length);
    this.#fill(this.part.row, "button", digits.length);
    digits.forEach(({ digit, is_digit, box }, index) => {
      const lookedAt = index === row.looked_at;
      const frame = this.part.boxes.children[index];
      const button = this.part.row.children[index];
      this.#place(frame, place(box));
      frame.className = [lookedAt && "looked-at", !is_digit && "refused"].filter(Boolean).join(" ");
      button.textContent = is_digit ? digit : "?";
      button.classList.toggle("refused", !is_digit);
      button.setAttribute("aria-pressed", lookedAt);
      button.title = this.text("row_digit", { digit: button.textContent, number: index + 1 });
      button.setAttribute("aria-label", button.title);
      button.onclick = () => this.look(index);
    });
  }

  /** Elements are kept where there are enough: a button keeps its focus while its digit changes. */
  #fill(parent, name, count) {
    while (parent.children.length > count) parent.lastChild.remove();
    while (parent.children.length < count) {
      const child = document.createElement(name);
      if (name === "button") child.type = "button";
      parent.append(child);
    }
  }

  #place(frame, [left, top, right, bottom]) {
    const inside = (value) => 100 * Math.min(1, Math.max(0, value / CANVAS_SIZE));
    const [x0, y0] = [inside(left), inside(top)];
    frame.style.left = `${x0}%`;
    frame.style.top = `${y0}%`;
    frame.style.width = `${inside(right) - x0}%`;
    frame.style.height = `${inside(bottom) - y0}%`;
  }
}

function withMargin([left, top, right, bottom], margin) {
  return [left - margin, top - margin, right + margin, bottom + margin];
}

/** Strokes are in canvas units already; their box does not count half of a medium pen. */
function strokesPlace(box) { return withMargin(box, 10); }

/** Where a picture of size [width, height] is painted: a function from its pixels to canvas units. */
function picturePlace([width, height]) {
  const fit = CANVAS_SIZE / Math.max(width, height);
  const [x, y] = [(CANVAS_SIZE - width * fit) / 2, (CANVAS_SIZE - height * fit) / 2];
  return ([left, top, right, bottom]) =>
    withMargin([left * fit + x, top * fit + y, right * fit + x, bottom * fit + y], 3);
}
