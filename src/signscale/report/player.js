// Moves the skeletons. A clip plays while it is in view, unless its button, the button for all, or the reader's
// wish for less motion says no; arrow keys on its button go frame by frame. Frames inside one .player move together.
// Without this script every clip is a still picture.
(() => {
  const { missing, parts, clips } = JSON.parse(document.getElementById("clips").textContent);
  const nodes = 79;
  const all = document.getElementById("motion");
  const decoded = new Map();

  function clip(id) {
    if (!decoded.has(id)) {
      const { fps, points } = clips[id];
      const bytes = Uint8Array.from(atob(points), (c) => c.charCodeAt(0));
      const numbers = new Int16Array(bytes.buffer);
      decoded.set(id, { fps, numbers, frames: numbers.length / (2 * nodes) });
    }
    return decoded.get(id);
  }

  function bones(numbers, frame, edges) {
    const at = (node) => 2 * (frame * nodes + node);
    let path = "";
    for (const [a, b] of edges) {
      const i = at(a), j = at(b);
      if (numbers[i] === missing || numbers[j] === missing) continue;
      path += `M${numbers[i]} ${numbers[i + 1]}L${numbers[j]} ${numbers[j + 1]}`;
    }
    return path;
  }

  const lead = (player) => clip(player.boxes[0].dataset.clip);

  function draw(player, frame) {
    const { frames } = lead(player);
    player.frame = frame;
    for (const box of player.boxes) {
      const { numbers } = clip(box.dataset.clip);
      for (const [part, edges] of Object.entries(parts)) {
        box.querySelector(`.${part}`).setAttribute("d", bones(numbers, frame, edges));
      }
    }
    if (player.count) player.count.textContent = `${frame + 1} / ${frames}`;
    for (const line of player.cursors) {
      const from = +line.dataset.from, to = +line.dataset.to;
      const x = from + ((to - from) * (frame + 0.5)) / frames;
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    }
  }

  function show(player) {
    player.button.textContent = player.playing ? "❚❚" : "▶";
    player.button.setAttribute("aria-label", `${player.playing ? "Pause" : "Play"}: ${player.button.dataset.label}`);
    all.textContent = players.some((p) => p.playing) ? "Pause all" : "Play all";
  }

  function play(player, playing) {
    player.playing = playing;
    player.since = null;
    show(player);
  }

  function step(player, by) {
    const { frames } = lead(player);
    play(player, false);
    draw(player, (Math.max(player.frame, 0) + by + frames) % frames);
  }

  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const players = [...document.querySelectorAll(".player")].map((element) => ({
    element,
    button: element.querySelector("button.play"),
    count: element.querySelector(".counter"),
    cursors: [...element.querySelectorAll(".cursor")],
    boxes: [...element.querySelectorAll("[data-clip]")],
    stills: [...element.querySelectorAll("[data-clip] path")].map((path) => [path, path.getAttribute("d")]),
    playing: !calm, seen: false, frame: -1, since: null,
  }));
  if (!players.length) return;
  for (const player of players) {
    player.button.hidden = false;
    player.button.title = "Space: play or pause; arrow keys: frame by frame";
    player.button.addEventListener("click", () => play(player, !player.playing));
    player.button.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) { event.preventDefault(); step(player, by); }
    });
    for (const box of player.boxes) box.addEventListener("click", () => player.button.click());
    player.element.addEventListener("changed", () => { player.since = null; draw(player, 0); show(player); });
    show(player);
  }
  all.hidden = false;
  all.addEventListener("click", () => {
    const playing = !players.some((p) => p.playing);
    for (const player of players) play(player, playing);
  });

  const byBox = new Map(players.map((player) => [player.boxes[0], player]));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) byBox.get(entry.target).seen = entry.isIntersecting;
  });
  for (const box of byBox.keys()) watcher.observe(box);

  requestAnimationFrame(function tick(time) {
    for (const player of players) {
      if (!player.seen || !player.playing) continue;
      const { fps, frames } = lead(player);
      player.since ??= time - (Math.max(player.frame, 0) * 1000) / fps;
      const frame = Math.floor(((time - player.since) / 1000) * fps) % frames;
      if (frame !== player.frame) draw(player, frame);
    }
    requestAnimationFrame(tick);
  });

  // On paper a clip is the still picture the page came with, and what is folded is unfolded.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    for (const player of players) for (const [path, d] of player.stills) path.setAttribute("d", d);
    unfolded = [...document.querySelectorAll("details:not([open])")];
    for (const part of unfolded) part.open = true;
  });
  addEventListener("afterprint", () => { for (const part of unfolded) part.open = false; });
})();
