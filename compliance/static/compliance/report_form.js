/* What is missing, as one types; from there to the field; Ctrl+S saves. Without this file the list is that of the text last sent. */
(() => {
  "use strict";
  const form = document.getElementById("report-form");
  const list = document.getElementById("report-gaps");
  const WAIT_MS = 500;
  const FIELDS = "input:not([type=hidden]), select, textarea";
  let waiting, asked = 0, isChanged = false;

  async function ask() {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.gaps, { method: "POST", body: new FormData(form), redirect: "manual" });
      if (answer.ok && mine === asked) list.innerHTML = await answer.text();
    } catch {
      /* Not reached: the list stays as it was. */
    }
  }

  /* The field of a gap, or what is around it. */
  function find(id) {
    for (let name = id; name.includes("."); name = name.slice(0, name.lastIndexOf("."))) {
      const found = document.getElementById(name) || document.querySelector(`[id^="${CSS.escape(name)}."]`);
      if (found) return found;
    }
    return document.getElementById(id) || document.querySelector(`[id^="${CSS.escape(id.split(".")[0])}."]`);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-goto]");
    const place = link && find(link.dataset.goto);
    if (!place) return;
    event.preventDefault();
    document.querySelectorAll(".is-meant").forEach((one) => one.classList.remove("is-meant"));
    place.classList.add("is-meant");
    const field = place.matches(FIELDS) ? place : [...place.querySelectorAll(FIELDS)].find((one) => !one.closest("legend label"));
    (field || place).focus({ preventScroll: true });
    (field || place).scrollIntoView({ block: "center" });
  });

  form.addEventListener("input", () => {
    isChanged = true;
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT_MS);
  });
  form.addEventListener("submit", () => (isChanged = false));
  window.addEventListener("beforeunload", (event) => isChanged && event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("button[name=save]"));
  });
  const fresh = document.querySelector("[data-new]");
  if (fresh) {
    isChanged = true;
    fresh.scrollIntoView({ block: "center" });
    fresh.querySelector(".rf-grid input, .rf-grid select, .rf-grid textarea")?.focus();
  }
})();
