// Documents of a verification: one at a time, zoomed by buttons, wheel or + and -, turned by a quarter, moved by dragging.
document.querySelectorAll("[data-viewer]").forEach((viewer) => {
  const pictures = [...viewer.querySelectorAll("img")];
  const tabs = [...viewer.querySelectorAll("[data-show]")];
  let shown = 0, zoom = 1, turn = 0, left = 0, top = 0, held = null;
  const draw = () => {
    pictures.forEach((picture, index) => { picture.hidden = index !== shown; });
    tabs.forEach((tab, index) => tab.setAttribute("aria-pressed", String(index === shown)));
    const picture = pictures[shown];
    if (picture) picture.style.transform = `translate(${left}px, ${top}px) rotate(${turn}deg) scale(${zoom})`;
    viewer.querySelector("[data-zoom]").textContent = `${Math.round(zoom * 100)} %`;
  };
  const deeds = {
    in: () => { zoom = Math.min(zoom * 1.25, 8); },
    out: () => { zoom = Math.max(zoom / 1.25, 0.25); },
    turn: () => { turn = (turn + 90) % 360; },
    fit: () => { zoom = 1; turn = 0; left = 0; top = 0; },
  };
  const act = (name) => { deeds[name](); draw(); };
  viewer.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", () => act(button.dataset.do)));
  tabs.forEach((tab, index) => tab.addEventListener("click", () => { shown = index; act("fit"); }));
  const stage = viewer.querySelector("[data-stage]");
  stage.addEventListener("wheel", (event) => { event.preventDefault(); act(event.deltaY < 0 ? "in" : "out"); }, { passive: false });
  stage.addEventListener("pointerdown", (event) => { held = [event.clientX - left, event.clientY - top]; stage.setPointerCapture(event.pointerId); });
  stage.addEventListener("pointermove", (event) => { if (held) { left = event.clientX - held[0]; top = event.clientY - held[1]; draw(); } });
  stage.addEventListener("pointerup", () => { held = null; });
  stage.addEventListener("keydown", (event) => {
    const name = { "+": "in", "=": "in", "-": "out", r: "turn", 0: "fit" }[event.key];
    if (name) { event.preventDefault(); event.stopPropagation(); act(name); }
  });
  draw();
});
