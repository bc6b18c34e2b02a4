// Tables of class "sortable" sort by the column whose heading is pressed: upwards first, then downwards. A cell counts
// by its <data> or its own number; cells without one come last. Without this script tables stay as they are.
(() => {
  const words = new Intl.Collator(undefined, { numeric: true });

  function key(row, column) {
    const cell = row.cells[column];
    const text = (cell?.querySelector("data")?.value ?? cell?.textContent ?? "").trim();
    const number = parseFloat(text.replaceAll(",", "").replace("−", "-"));
    return { text, number, empty: text === "" || text === "–" || text === "not run" };
  }

  function sort(table, heading, column) {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, key: key(row, column) }));
    const numbers = rows.every(({ key }) => key.empty || !Number.isNaN(key.number)) && heading.classList.contains("num");
    const order = (a, b) => (numbers ? a.key.number - b.key.number : words.compare(a.key.text, b.key.text));
    const full = rows.filter(({ key }) => !key.empty).sort((a, b) => (up ? order(a, b) : order(b, a)));
    body.append(...[...full, ...rows.filter(({ key }) => key.empty)].map(({ row }) => row));
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    if (table.tBodies.length !== 1 || table.tBodies[0].rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sort(table, heading, column));
      heading.append(button);
    });
    table.caption.insertAdjacentHTML("beforeend", '<span class="unseen">Headings sort the table.</span>');
  }
})();
