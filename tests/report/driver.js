// Tries the page as a reader would, in frames of a page of the test's own, and sends what it saw.
const seen = {};
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function open(address, width) {
  const frame = document.createElement("iframe");
  Object.assign(frame, { width, height: 900, src: address });
  return new Promise((done) => { frame.onload = () => done(frame.contentDocument); document.body.replaceChildren(frame); });
}

async function until(what) {
  for (let wait = 0; wait < 600 && !what(); wait++) await sleep(50);
  return what();
}

// Of the rows that have all cells: a benchmark that was not run has two.
const column = (table, k) => [...table.tBodies[0].rows].filter((row) => row.cells.length > 2).map((row) => row.cells[k].textContent.trim().split(/\s/)[0]);
const path = (box) => box.querySelector(".right").getAttribute("d");

async function sorting(page) {
  const table = page.querySelector("#summary table.sortable");
  const k = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent.includes("From scratch"));
  const heading = table.tHead.rows[0].cells[k], button = heading.querySelector("button");
  const before = column(table, k);
  button.focus();
  const focused = page.activeElement === button;
  button.click();
  const up = [heading.ariaSort, column(table, k)];
  button.click();
  return { before, focused, up, down: [heading.ariaSort, column(table, k)], names: column(table, 0) };
}

async function playing(player) {
  player.scrollIntoView({ block: "center", behavior: "instant" });
  const count = player.querySelector(".counter"), button = player.querySelector(".play");
  const counts = new Set();
  const moved = await until(() => { counts.add(count.textContent); return counts.size > 3; });
  button.click();
  const paused = count.textContent;
  await sleep(400);
  const stays = count.textContent === paused;
  const KeyEvent = player.ownerDocument.defaultView.KeyboardEvent;
  button.dispatchEvent(new KeyEvent("keydown", { key: "ArrowRight", cancelable: true }));
  return { moved, stays, paused, stepped: count.textContent, label: button.ariaLabel };
}

async function learned(page) {
  const cursor = page.querySelector("#heatmap .cursor"), start = cursor.getAttribute("x1");
  cursor.scrollIntoView({ block: "center", behavior: "instant" });
  seen.cursor = await until(() => cursor.getAttribute("x1") !== start);
  const trio = page.querySelector(".trio"), boxes = [...trio.querySelectorAll("[data-clip]")];
  const before = boxes.map(path);
  trio.querySelector(".play").dispatchEvent(new page.defaultView.KeyboardEvent("keydown", { key: "ArrowLeft" }));
  seen.trio = boxes.map((box, k) => path(box) !== before[k]);
  const select = page.querySelector("#map-of-signs select"), shown = page.querySelector("#map-of-signs [data-clip]");
  select.selectedIndex = 2;
  select.dispatchEvent(new Event("change"));
  seen.map = [shown.dataset.clip === select.value, page.querySelector(".sign.on").dataset.number];
}

function empty(page) {
  const drawn = [...page.querySelectorAll("svg, figure, .clip")].filter((one) => !one.closest("details:not([open])"));
  const sizes = drawn.map((one) => [one, one.getBoundingClientRect()]);
  return sizes.filter(([, box]) => box.width < 20 || box.height < 20).map(([one]) => one.outerHTML.slice(0, 200));
}

async function drive() {
  const desktop = await open("/report.html", 1280);
  seen.empty = empty(desktop);
  seen.sorting = await sorting(desktop);
  seen.playing = await playing(desktop.querySelector(".gallery .player"));
  const other = await open("/learned.html", 1280);
  seen.empty.push(...empty(other));
  await learned(other);
  seen.wider = [];
  for (const address of ["/report.html", "/learned.html"]) {
    for (const width of [390, 320]) {
      const phone = await open(address, width);
      for (const part of phone.querySelectorAll("details")) part.open = true;
      const page = phone.documentElement;
      if (page.scrollWidth > page.clientWidth) seen.wider.push([address, width, page.scrollWidth]);
    }
  }
}

drive().catch((error) => { seen.error = String(error.stack); })
  .then(() => fetch("/seen", { method: "POST", body: JSON.stringify(seen) }));
