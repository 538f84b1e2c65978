/* Keyboard, dialogs, re-masking. Without this file every button is still a plain link to a page with a form. */
(() => {
  "use strict";
  const REMASK_AFTER_MS = 120000;
  let current = -1;
  let awaitingG = false;

  const isTyping = (element) =>
    Boolean(element && (element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName)));
  const isOpen = () => document.querySelector("dialog[open]");
  const config = () => document.getElementById("fl-config")?.dataset;
  const rows = () => [...document.querySelectorAll("#result_list tr.data-row, [data-fl-row]")];

  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return false;
    dialog.showModal();
    dialog.querySelector("input:not([type=hidden]), textarea, select, button[type=submit]")?.focus();
    return true;
  }

  function mark(all) {
    all.forEach((row, n) => {
      row.classList.toggle("is-current", n === current);
      if (n === current) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    });
  }

  function move(step) {
    const all = rows();
    if (!all.length) return;
    current = Math.min(Math.max(current + step, 0), all.length - 1);
    mark(all);
    all[current].scrollIntoView({ block: "nearest" });
  }

  function openRow() {
    const row = rows()[current];
    const link = row?.matches("a") ? row : row?.querySelector("a[href]");
    if (!link) return false;
    link.click();
    return true;
  }

  function follow(selector) {
    const link = document.querySelector(selector);
    if (!link) return false;
    link.click();
    return true;
  }

  function search() {
    const box = document.getElementById("searchbar");
    if (box) {
      box.focus();
      box.select();
    } else {
      window.dispatchEvent(new CustomEvent("opencommand"));
    }
    return true;
  }

  const KEYS = {
    "/": search,
    "?": () => openDialog("fl-help"),
    j: () => (move(1), true),
    k: () => (move(-1), true),
    Enter: openRow,
    u: () => follow("[data-fl-up]"),
    n: () => follow("a[rel=next]"),
    p: () => follow("a[rel=prev]"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isOpen() || !config()) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    if (awaitingG) {
      awaitingG = false;
      if (event.key === "h") {
        event.preventDefault();
        window.location.assign(config().home);
      }
      return;
    }
    if (event.key === "g") {
      awaitingG = true;
      setTimeout(() => (awaitingG = false), 1200);
      return;
    }
    const declared = [...document.querySelectorAll("[data-fl-key]")].find((button) => button.dataset.flKey === event.key);
    if (declared) {
      event.preventDefault();
      declared.click();
    } else if (KEYS[event.key]?.()) {
      event.preventDefault();
    }
  });

  /* Ctrl+E: the theme's own handler would first turn "as the system" into light, which looks like nothing. */
  document.addEventListener(
    "keydown",
    (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "e" || !window.Alpine) return;
      event.preventDefault();
      event.stopPropagation();
      const root = document.documentElement;
      window.Alpine.$data(root).adminTheme = root.classList.contains("dark") ? "light" : "dark";
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-fl-open]");
    if (opener && openDialog(opener.dataset.flOpen)) {
      event.preventDefault();
      return;
    }
    const closer = event.target.closest("dialog [data-fl-close]");
    if (closer) {
      event.preventDefault();
      closer.closest("dialog").close();
    } else if (event.target.tagName === "DIALOG") {
      event.target.close();
    }
  });

  /* Ctrl+Enter sends the form from the field in which the reason is typed. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target.tagName !== "TEXTAREA") return;
    event.preventDefault();
    event.target.form?.requestSubmit();
  });

  /* One press, one deed. */
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.defaultPrevented) return;
    if (event.target.dataset.flSent) {
      event.preventDefault();
      return;
    }
    event.target.dataset.flSent = "1";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-fl-sent]").forEach((form) => delete form.dataset.flSent);
  });

  /* The theme hides the page until it is ready, and what is hidden takes no focus. */
  new MutationObserver((_, observer) => {
    if (document.documentElement.hasAttribute("x-cloak")) return;
    observer.disconnect();
    document.querySelector("[autofocus]")?.focus();
  }).observe(document.documentElement, { attributeFilter: ["x-cloak"] });

  /* A sign-in ends after a while without a request. Two minutes before, say so; requests of other tabs count, keys and clicks do not. */
  function watchSignIn(stay) {
    const WARN_MS = 120000;
    const KEPT = "fl-idle-ends";
    const shown = (name, on) => (stay.querySelector(`[data-fl-stay-${name}]`).hidden = !on);
    let idleEnds, ends;
    const learn = ({ idle, left }) => {
      idleEnds = Date.now() + idle * 1000;
      ends = Date.now() + left * 1000;
      try {
        localStorage.setItem(KEPT, String(idleEnds));
      } catch {
        /* Without storage each tab knows of itself only. */
      }
    };
    const otherTabs = () => {
      try {
        return Number(localStorage.getItem(KEPT)) || 0;
      } catch {
        return 0;
      }
    };
    const tick = () => {
      const until = Math.min(Math.max(idleEnds, otherTabs()), ends) - Date.now();
      const isLast = until + Date.now() >= ends;
      if (until > WARN_MS) {
        stay.hidden = true;
        return;
      }
      const seconds = Math.max(Math.floor(until / 1000), 0);
      stay.querySelectorAll("[data-fl-stay-left]").forEach((place) => {
        place.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      });
      shown("soon", until > 0 && !isLast);
      shown("end", until > 0 && isLast);
      shown("over", until <= 0);
      shown("button", until > 0 && !isLast);
      const place = document.querySelector("dialog[open]") || document.body;
      if (stay.parentElement !== place) place.append(stay);
      stay.hidden = false;
    };
    stay.querySelector("[data-fl-stay-button]").addEventListener("click", async () => {
      try {
        const answer = await fetch(stay.dataset.url, { redirect: "manual", cache: "no-store" });
        learn(answer.ok ? await answer.json() : { idle: 0, left: 0 });
      } catch {
        return; /* Not reached: the button stays for another try. */
      }
      tick();
    });
    learn({ idle: Number(stay.dataset.idle), left: Number(stay.dataset.left) });
    setInterval(tick, 1000);
    document.addEventListener("visibilitychange", tick);
  }

  /* A page of work under way looks again by itself: what is otherwise is put in its place, and what had the focus keeps it. While a dialog
     is open it waits; when nobody has touched the page for a while it stops, as its requests would keep the sign-in alive. */
  function lookAgain(said) {
    const TOUCHED_MS = 600000;
    const PARTS = [".fl-head", ".fl-boxes"];
    const seconds = Number(said.dataset.flAgain);
    const known = {};
    let touched = Date.now();
    const nameOf = (one) => ["id", "href", "name", "aria-label"].map((word) => one.getAttribute(word) || "").join("|") || one.textContent;
    const likes = (part, one) => [...part.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")].filter((other) => nameOf(other) === nameOf(one));
    const put = (old, fresh) => {
      const focused = old.contains(document.activeElement) ? document.activeElement : null;
      const place = focused ? likes(old, focused).indexOf(focused) : -1;
      old.replaceWith(fresh);
      dress(fresh);
      if (!focused) return;
      const same = likes(fresh, focused);
      const heir = same[place] || same[0] || document.querySelector(".fl-head h2");
      if (heir.tagName === "H2") heir.tabIndex = -1;
      heir.focus({ preventScroll: true });
    };
    const look = async () => {
      if (isOpen() || document.hidden || Date.now() - touched > TOUCHED_MS) return setTimeout(look, seconds * 1000);
      let found;
      try {
        const answer = await fetch(window.location.href, { cache: "no-store" });
        if (!answer.ok || answer.redirected) return null;
        found = new DOMParser().parseFromString(await answer.text(), "text/html");
      } catch {
        return setTimeout(look, seconds * 3000); /* Not reached: later. */
      }
      if (isOpen()) return setTimeout(look, seconds * 1000);
      const status = found.querySelector("[data-fl-status]")?.textContent.trim();
      if (status !== document.querySelector("[data-fl-status]")?.textContent.trim()) said.textContent = status;
      PARTS.forEach((part) => {
        const [old, fresh] = [document.querySelector(part), found.querySelector(part)];
        if (old && fresh && known[part] !== fresh.innerHTML) {
          known[part] = fresh.innerHTML;
          put(old, document.adoptNode(fresh));
        }
      });
      /* Their forms know as which version the row was shown. */
      const after = document.querySelector(".fl-boxes");
      document.querySelectorAll('dialog[id^="do-"]').forEach((dialog) => dialog.remove());
      after.after(...[...found.querySelectorAll('dialog[id^="do-"]')].map((dialog) => document.adoptNode(dialog)));
      mark(rows());
      return found.querySelector("[data-fl-again]") ? setTimeout(look, seconds * 1000) : null;
    };
    ["keydown", "pointerdown", "pointermove"].forEach((kind) => document.addEventListener(kind, () => (touched = Date.now()), { passive: true }));
    setTimeout(look, seconds * 1000);
  }

  function dress(part) {
    part.querySelectorAll("time[datetime]").forEach((time) => {
      time.title = new Date(time.dateTime).toLocaleString() + " (your time)";
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const stay = document.getElementById("fl-stay");
    if (stay) watchSignIn(stay);
    const again = document.querySelector("[data-fl-again]");
    if (again) lookAgain(again);
    dress(document);
    document.querySelectorAll("[data-fl-remask]").forEach((open) => {
      setTimeout(() => open.querySelectorAll("dd").forEach((value) => (value.textContent = "••••")), REMASK_AFTER_MS);
    });
  });
})();
