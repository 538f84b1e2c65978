// Adds a row to the legs of a manual journal: a copy of the last one, emptied and numbered on.
"use strict";
if (!window.ledgerLegs) {
  window.ledgerLegs = true;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ledger-add-leg]");
    if (!button) return;
    const body = document.getElementById(button.dataset.ledgerAddLeg).tBodies[0];
    const last = body.rows[body.rows.length - 1];
    const row = last.cloneNode(true);
    const number = body.rows.length;
    for (const field of row.querySelectorAll("input, select")) {
      field.name = field.name.replace(/-\d+-(account|side|amount)$/, `-${number}-$1`);
      if (field.id) field.id = field.id.replace(/-\d+-account$/, `-${number}-account`);
      field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+$/, String(number + 1)));
      if (field.tagName === "INPUT") field.value = "";
    }
    body.append(row);
    row.querySelector("input").focus();
  });
}
