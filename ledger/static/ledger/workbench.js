/* The workbench by keyboard: X selects, or takes a match back, M matches what is selected, A accepts a suggestion; candidates of the current row light up.
   Without this file the boxes, the field and the buttons do the same by mouse. */
(() => {
  "use strict";
  const form = document.getElementById("rec-form");
  const tray = document.getElementById("rec-tray");
  if (!form) return;
  const boxes = () => [...form.querySelectorAll("input[name=items]")];

  /* Amounts have four decimals at most: whole ten-thousandths add up exactly. */
  const parse = (text) => {
    const [, minus, whole, rest = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
    return BigInt(whole + rest.slice(0, 4).padEnd(4, "0")) * (minus ? -1n : 1n);
  };
  const show = (value) => {
    const digits = (value < 0n ? -value : value).toString().padStart(5, "0");
    const cents = digits.slice(-4, digits.length - 4 + Number(tray.dataset.digits)); /* the currency has no more */
    return `${value < 0n ? "-" : ""}${digits.slice(0, -4).replace(/\B(?=(\d{3})+$)/g, ",")}${cents && "."}${cents}`;
  };

  function add() {
    if (!tray) return;
    const sums = { theirs: 0n, ours: 0n };
    const chosen = boxes().filter((box) => box.checked);
    chosen.forEach((box) => (sums[box.dataset.recSide] += parse(box.dataset.recAmount)));
    const gap = sums.theirs - sums.ours;
    Object.entries({ ...sums, gap }).forEach(([name, value]) => {
      tray.querySelector(`[data-rec-sum=${name}]`).textContent = `${show(value)} ${tray.dataset.currency}`;
    });
    tray.querySelector("[data-rec-sum=gap]").classList.toggle("is-off", gap !== 0n);
    tray.hidden = !chosen.length;
  }

  function light() {
    const current = document.querySelector(".rec-row.is-current");
    const wanted = new Set((current?.dataset.recCandidates || "").split(",").filter(Boolean));
    document.querySelectorAll(".rec-row").forEach((row) => row.classList.toggle("is-candidate", wanted.has(row.dataset.recItem)));
  }

  const KEYS = {
    x: () => document.querySelector(".rec-row.is-current input:not([disabled]), .is-current [data-rec-undo]")?.click(),
    m: () => {
      if (tray && !tray.hidden) tray.querySelector("input[name=reason]").focus();
    },
    a: () => document.querySelector(".rec-suggestion.is-current [data-rec-accept]:not([disabled])")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    light();
    if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "TEXTAREA", "SELECT"].includes(event.target.tagName)) return;
    if (document.querySelector("dialog[open]") || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("keyup", light);
  form.addEventListener("change", (event) => {
    if (event.target.name !== "items") return;
    event.target.blur(); /* A box that has the focus would take the keys. */
    add();
  });
  window.addEventListener("pageshow", add);
})();
