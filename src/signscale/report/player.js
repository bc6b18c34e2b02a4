// Moves the skeletons. A clip plays while it is in view, unless its button, the button for all, or the reader's
// wish for less motion says no. Without this script every clip is a still picture.
(() => {
  const { missing, parts, clips } = JSON.parse(document.getElementById("clips").textContent);
  const nodes = 79;
  const all = document.getElementById("motion");
  const players = [];

  function decode({ fps, points }) {
    const bytes = Uint8Array.from(atob(points), (c) => c.charCodeAt(0));
    const numbers = new Int16Array(bytes.buffer);
    return { fps, numbers, frames: numbers.length / (2 * nodes) };
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

  function show(player) {
    player.button.textContent = player.playing ? "❚❚" : "▶";
    player.button.setAttribute("aria-label", `${player.playing ? "Pause" : "Play"}: ${player.button.dataset.label}`);
    all.textContent = players.some((p) => p.playing) ? "Pause all" : "Play all";
  }

  function draw(player, time) {
    const frame = Math.floor((time / 1000) * player.clip.fps) % player.clip.frames;
    if (frame === player.frame) return;
    player.frame = frame;
    for (const [path, edges] of player.paths) path.setAttribute("d", bones(player.clip.numbers, frame, edges));
  }

  const decoded = new Map(Object.entries(clips).map(([id, data]) => [id, decode(data)]));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const button of document.querySelectorAll("button.play")) {
    const svg = button.parentElement.querySelector("svg");
    const paths = Object.entries(parts).map(([part, edges]) => [svg.querySelector(`.${part}`), edges]);
    const player = { button, svg, paths, clip: decoded.get(button.dataset.clip), playing: !calm, seen: false, frame: -1 };
    button.hidden = false;
    button.addEventListener("click", () => { player.playing = !player.playing; show(player); });
    players.push(player);
  }
  if (!players.length) return;
  players.forEach(show);
  all.hidden = false;
  all.addEventListener("click", () => {
    const playing = !players.some((p) => p.playing);
    for (const player of players) { player.playing = playing; show(player); }
  });

  const bySvg = new Map(players.map((player) => [player.svg, player]));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) bySvg.get(entry.target).seen = entry.isIntersecting;
  });
  players.forEach((player) => watcher.observe(player.svg));

  requestAnimationFrame(function tick(time) {
    for (const player of players) if (player.seen && player.playing) draw(player, time);
    requestAnimationFrame(tick);
  });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
})();
