/* What is open is locked: say so on opening and every four minutes, let go on leaving. Without this file "Next" and decisions lock by themselves. */
(() => {
  "use strict";
  const lock = document.getElementById("cw-lock");
  if (!lock || !lock.dataset.hold) return;
  const EVERY_MS = 240000;
  let isLeavingByForm = false;
  const body = () => {
    const data = new FormData();
    data.append("csrfmiddlewaretoken", lock.dataset.token);
    return data;
  };
  async function hold() {
    try {
      const answer = await fetch(lock.dataset.hold, { method: "POST", body: body(), redirect: "manual" });
      const badge = lock.querySelector("[data-cw-taken]");
      const said = answer.status === 409 ? (await answer.json()).message : "";
      badge.textContent = said;
      badge.hidden = !said;
    } catch {
      /* Not reached: the lock runs out by itself. */
    }
  }
  document.addEventListener("submit", () => (isLeavingByForm = true));
  window.addEventListener("pagehide", () => {
    if (!isLeavingByForm) navigator.sendBeacon(lock.dataset.leave, body());
  });
  window.addEventListener("pageshow", () => {
    isLeavingByForm = false;
    hold();
  });
  setInterval(hold, EVERY_MS);
})();
