
"use strict";
// Sorts and filters the tables. The page says the same without it.

function compared(a, b) {
  return a.localeCompare(b, "en", { numeric: true });
}

function sorts(table, column, head) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = Array.from(table.tBodies[0].rows);
  rows.sort((a, b) => (down ? -1 : 1) * compared(a.cells[column].dataset.key, b.cells[column].dataset.key));
  table.tBodies[0].append(...rows);
}

function makeSortable(table) {
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sorts(table, column, head));
    head.append(button);
  });
}

function makeFilter(table) {
  const rows = Array.from(table.tBodies[0].rows);
  const box = document.createElement("div");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const count = document.createElement("span");
  box.className = "filter";
  input.type = "search";
  const heading = document.getElementById(table.getAttribute("aria-labelledby"));
  input.setAttribute("aria-label", `Filter ${heading.textContent}`);
  input.placeholder = "words that a row has";
  count.setAttribute("role", "status");
  label.append("Filter ", input);
  box.append(label, count);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const left = rows.filter((row) => !row.hidden).length;
    count.textContent = left === rows.length ? "" : `${left} of ${rows.length} rows`;
  });
  table.parentElement.before(box);
}

for (const table of document.querySelectorAll("table")) {
  const rows = table.tBodies[0].rows.length;
  if (rows > 1) makeSortable(table);
  if (rows > 4) makeFilter(table);
}
