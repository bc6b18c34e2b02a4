// The map of signs: pointing at a sign, or choosing it in the list, shows its clip. Without this script the map has its
// tooltips alone.
(() => {
  const map = document.getElementById("map-of-signs");
  const select = map?.querySelector("select");
  if (!select) return;
  const marks = [...map.querySelectorAll(".sign")];
  const player = map.querySelector(".player");

  function choose(number) {
    select.selectedIndex = number;
    marks.forEach((mark, k) => mark.classList.toggle("on", k === number));
    const label = `Skeleton signing ${marks[number].firstChild.data}`;
    player.querySelector("[data-clip]").dataset.clip = select.value;
    player.querySelector("svg").setAttribute("aria-label", label);
    player.querySelector("button").dataset.label = label;
    player.dispatchEvent(new Event("changed"));
  }

  for (const part of map.querySelectorAll(".chosen > [hidden]")) part.hidden = false;
  marks.forEach((mark, number) => {
    for (const event of ["pointerenter", "click"]) mark.addEventListener(event, () => choose(number));
  });
  select.addEventListener("change", () => choose(select.selectedIndex));
  marks[0].classList.add("on");
})();
