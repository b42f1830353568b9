// What the page of a site does beyond plain HTML: the sync line as it moves, checks and drafts while one
// types, keys in a form. Everything works without it.
"use strict";
(() => {
  // The sync line: the server says it in words; here it is only put in its place.
  const show = (line) => {
    const state = document.querySelector(".top .state");
    const form = document.querySelector(".top .sync");
    if (!state || !form) return;
    if (state.textContent !== line.text) state.textContent = line.text;
    state.className = `state ${line.kind}`;
    form.setAttribute("action", line.action);
    form.querySelector("button").textContent = line.label;
    let bar = form.querySelector("progress");
    if (line.bar === "") { bar?.remove(); return; }
    if (!bar) {
      bar = document.createElement("progress");
      form.prepend(bar);
    }
    bar.setAttribute("aria-label", line.bar);
    // Without a number it only says that something goes on.
    if (line.sent === null) { bar.removeAttribute("value"); return; }
    bar.max = Math.max(1, line.all);
    bar.value = line.sent;
  };
  window.trialsyncNews?.addEventListener("sync", (event) => { show(JSON.parse(event.data)); });

  // The form of a visit: looked for whenever it is needed, for news may put a fresh one in its place.
  const entry = () => document.querySelector("#entry");
  const reasonLine = () => document.querySelector("#reason-line");
  // Without this script the reason line is always there; with it, only when a saved value changes.
  const askReason = (isNeeded) => {
    const line = reasonLine();
    if (line) line.hidden = !isNeeded && "later" in line.dataset;
  };
  askReason(false);
  document.addEventListener("fresh", () => askReason(false));

  // Checks and the draft: a moment after the last key, but not later than three seconds after the first.
  let [timer, waitsSince] = [null, 0];
  // How often something was typed, and how much of it is kept; and of how many forms before.
  let [typed, kept, round] = [0, 0, 0];
  const isDirty = () => typed > kept;
  // The page that hides the form says whether all of it is kept, and leads away from it only then.
  const ended = document.querySelector("#ended");
  const isHidden = () => ended !== null && !ended.hidden;
  const tell = () => {
    if (!ended) return;
    ended.querySelector(".kept").hidden = isDirty();
    ended.querySelector(".unkept").hidden = !isDirty();
    ended.querySelector("a").target = isDirty() ? "_blank" : "";
  };
  const body = (form) => {
    const fields = new URLSearchParams(new FormData(form));
    fields.delete("act");
    return fields;
  };
  const say = (row, kind, text) => {
    const line = document.createElement("p");
    line.className = kind;
    line.textContent = text;
    row.append(line);
  };
  const put = (found) => {
    for (const row of document.querySelectorAll("[data-item]")) {
      const [live, known] = [row.querySelector(".live"), found.fields[row.dataset.item] ?? {}];
      if (!live) continue;
      live.replaceChildren();
      const input = row.querySelector("input[type=text], textarea, select");
      if (known.error) { say(live, "error", known.error); input?.setAttribute("aria-invalid", "true"); }
      else input?.removeAttribute("aria-invalid");
      for (const text of known.findings ?? []) say(live, "mark attention", text);
      for (const text of known.late ?? []) say(live, "mark attention late", text);
      if (known.understood) say(live, "quiet", known.understood);
    }
    for (const [item, text] of Object.entries(found.doses)) {
      const known = document.querySelector(`#k-${CSS.escape(item)}`);
      if (known && !known.querySelector(".planned")) {
        known.prepend(document.createElement("span"));
        known.firstChild.className = "planned";
      }
      const line = known?.querySelector(".planned");
      if (line) line.textContent = text;
    }
    const top = document.querySelector("#top-live");
    if (top) {
      top.replaceChildren();
      for (const text of found.top) say(top, "mark attention", text);
    }
    for (const [group, total] of Object.entries(found.totals)) {
      const output = document.querySelector(`[data-total="${CSS.escape(group)}"]`);
      if (output) output.textContent = total;
    }
    // What rules compute of what is typed is known when it is saved.
    if (found.isDraft) {
      for (const line of document.querySelectorAll("[data-after-saving]")) {
        line.textContent = line.dataset.afterSaving;
      }
    }
    const states = document.querySelector("#form-states");
    if (states) {
      if (states.textContent !== found.states) states.textContent = found.states;
      states.hidden = found.states === "";
    }
    askReason(found.reason);
    sayState(found.draft);
    const place = document.querySelector("#place-state");
    // Typed since it was asked: that is not saved, whatever the answer says.
    if (place && !isDirty()) place.textContent = found.place;
  };
  const sayState = (text, isBad = false) => {
    const line = document.querySelector("#draft-state");
    if (!line) return;
    if (line.textContent !== text) line.textContent = text;
    line.className = isBad ? "error" : "quiet";
  };
  // The status of the last answer, 0 for none; and why it was refused, if it said so.
  let [status, why] = [200, ""];
  // Whether that was for want of time only: somebody is there.
  let isLate = false;
  // Whether somebody wanted to save, and could not.
  let isSaveLost = false;
  // One request at a time: an older one never comes after a newer one.
  let [running, next] = [null, null];
  const check = (isTyped) => {
    clearTimeout(timer);
    [timer, waitsSince] = [null, 0];
    next = Boolean(next || isTyped);
    running ??= (async () => {
      while (next !== null) {
        const isTypedNow = next;
        next = null;
        await checkOnce(isTypedNow);
      }
    })().finally(() => { running = null; });
    return running;
  };
  const ask = (form, isTyped) => {
    const fields = body(form);
    // What the page asks by itself keeps no screen unlocked.
    if (!isTyped) fields.set("auto", "1");
    const path = `${form.getAttribute("action")}/check`;
    return fetch(path, { method: "POST", body: fields, signal: AbortSignal.timeout(10000) });
  };
  const checkOnce = async (isTyped) => {
    const form = entry();
    if (!form) return;
    const [sent, mine] = [typed, round];
    try {
      // Where nobody answered another program may listen now: what is typed is for this one only.
      if (status === 0 && !isLate && !await window.trialsyncReturn()) throw new Error("nobody is back");
      let answer = await ask(form, isTyped);
      // The same person may have logged in again, in another tab.
      if (answer.status === 403 && await window.trialsyncReturn()) answer = await ask(form, isTyped);
      const isJSON = answer.headers.get("Content-Type")?.startsWith("application/json");
      const text = await answer.text();
      if (answer.ok && !isJSON) throw new Error("another program answers");
      const found = isJSON ? JSON.parse(text) : {};
      [status, why, isLate] = [answer.status, isJSON ? "" : reason(text), false];
      // A refusal keeps nothing, unless it says so: behind the lock it may. A form that came fresh since is
      // another.
      if (found.isKept && round === mine) kept = Math.max(kept, sent);
      if (answer.ok) {
        isSaveLost = false;
        if (round === mine) put(found);
      } else if (status === 401) window.trialsyncHide();
    } catch (error) { [status, why, isLate] = [0, "", error.name === "TimeoutError"]; }
    notKept();
    tell();
    again();
  };
  // Chinese sentences have wide marks, without blanks.
  const isChinese = () => document.documentElement.lang.startsWith("zh");
  // What a page that refuses says of it.
  const reason = (page) =>
    [...new DOMParser().parseFromString(page, "text/html").querySelectorAll(".notice.problem p:not([lang])")]
      .map((line) => line.textContent).join(isChinese() ? "；" : "; ");
  // What is not kept is said, and not that it is, until it is.
  const notKept = () => {
    const line = document.querySelector("#draft-state");
    if (!line || status === 200 || !(isDirty() || isSaveLost)) return;
    if (status === 401) sayState(line.dataset.unsaved);
    else if (status === 0 && isSaveLost) sayState(isLate ? line.dataset.late : line.dataset.dead, true);
    else if (status === 0) sayState(line.dataset.lost, true);
    else {
      const told = why || (status === 413 ? line.dataset.large : status);
      sayState(`${document.body.dataset.refused}${isChinese() ? "" : " "}${told}`, true);
    }
  };
  // It is tried again until it is kept; from a hidden page once its person is back.
  let retry = null;
  const again = () => {
    clearTimeout(retry);
    if (status === 200 || !(isDirty() || isSaveLost)) return;
    retry = setTimeout(async () => {
      if (isHidden()) await window.trialsyncReturn(); else await check(false);
      again();
    }, 3000);
  };
  window.trialsyncNews?.addEventListener("open", () => {
    if (status !== 200 && !isHidden()) check(false);
  });
  // What was held for the log-in alone is no draft yet.
  document.addEventListener("back", () => { if (typed > 0 || isSaveLost) check(true); });
  const later = () => {
    typed += 1;
    entry().elements.keys.value = typed;
    tell();
    // What stands in the form is not what is saved any more: nothing says that it is safe.
    const place = document.querySelector("#place-state");
    if (place && place.textContent !== "") {
      place.textContent = "";
      sayState(document.querySelector("#draft-state").dataset.unsaved);
    }
    clearTimeout(timer);
    waitsSince ||= Date.now();
    timer = setTimeout(() => check(true), Math.max(0, Math.min(500, waitsSince + 3000 - Date.now())));
  };
  document.addEventListener("input", (event) => {
    if (!event.target.closest("#entry")) return;
    stops();
    later();
  });
  // Why there is no value is a stop of Tab only where there is none.
  const stops = () => {
    for (const reason of document.querySelectorAll("#entry select.missing")) {
      const field = entry().elements[reason.name.replace("missing.", "item.")];
      reason.tabIndex = field?.value ? -1 : 0;
    }
  };
  stops();
  document.addEventListener("fresh", stops);
  // What came in while one types is said beside the field.
  window.trialsyncNews?.addEventListener("news", () => {
    if (typed > 0 || document.querySelector("#entry .live p")) check(false);
  });
  // What is typed is kept behind the lock and the log-in too, which show nothing of it.
  for (const kind of ["locked", "ended"]) {
    window.trialsyncNews?.addEventListener(kind, () => { if (isDirty()) check(true); });
  }
  document.addEventListener("fresh", () => {
    [typed, kept] = [0, 0];
    round += 1;
    tell();
  });
  addEventListener("beforeunload", (event) => { if (isDirty()) event.preventDefault(); });
  addEventListener("pagehide", () => {
    const form = entry();
    // Where nobody answered another program may listen now.
    if (!isDirty() || !form || (status === 0 && !isLate)) return;
    navigator.sendBeacon(`${form.getAttribute("action")}/check`, body(form));
  });
  // A form that is sent to a program that is gone, or where nobody is logged in, is gone with what was typed
  // in it: the program is asked first, and the form stays where it is unless that is answered.
  let [isTrying, isAnswered] = [false, false];
  const askFirst = async (form, submitter) => {
    // Who saves again after an answer that came too late sends it: somebody is there to take it.
    const isMeant = isSaveLost && isLate;
    isTrying = true;
    // A form cannot be sent while it is being sent: not before this event is over.
    await (isMeant ? null : check(true));
    isTrying = false;
    if (!form.isConnected) return;
    if ((status === 0 && !isMeant) || [400, 401, 403, 413].includes(status) || status >= 500) {
      isSaveLost = true;
      notKept();
      again();
      return;
    }
    isAnswered = true;
    form.requestSubmit(submitter);
    isAnswered = false;
  };
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "entry") return;
    if (isTrying) { event.preventDefault(); return; }
    // Enter in a field saves; only without this script the server has to tell what was meant.
    if (event.submitter?.value === "enter") event.submitter.value = "save";
    if (!isAnswered) {
      event.preventDefault();
      askFirst(event.target, event.submitter);
      return;
    }
    // A second click while the first is on its way does nothing.
    if (event.target.dataset.sent === event.target.elements.keys.value) { event.preventDefault(); return; }
    event.target.dataset.sent = event.target.elements.keys.value;
    setTimeout((form) => { delete form.dataset.sent; }, 3000, event.target);
    kept = typed;
    clearTimeout(timer);
  });

  // All other scores 0, in place.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#entry button[value^='zeros:']");
    if (!button) return;
    event.preventDefault();
    const grid = entry().querySelector(`[data-grid="${CSS.escape(button.value.slice(6))}"]`);
    for (const row of grid?.querySelectorAll("tbody tr") ?? []) {
      const chosen = row.querySelector("input[type=radio]:checked");
      // A score that is missing for a reason stays so: of "not done" that is a choice of its own.
      if (chosen ? !chosen.value : !row.querySelector("[data-missing]")) {
        const zero = row.querySelector("input[type=radio][value='0']");
        if (zero) zero.checked = true;
      }
    }
    later();
  });

  // Up and down go from row to row in a grid; left and right choose, as radio buttons do by themselves, and
  // go on to the ticks beside them.
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("#entry");
    if (!form) return;
    // What an input method takes is no key of the form.
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      // Only what is kept is left.
      Promise.resolve(isDirty() ? check(true) : null).then(() => {
        if (isDirty()) notKept(); else location.href = form.dataset.home;
      });
      return;
    }
    if (event.key === "Enter" && event.target.name?.startsWith("why.")) {
      event.preventDefault();
      event.target.closest("details")?.querySelector("button[value^='confirm:']")?.click();
      return;
    }
    const cell = event.target.closest(".grid td");
    if (cell && /^[0-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const score = cell.parentElement.querySelector(`input[type=radio][value="${event.key}"]`);
      if (!score || score.disabled) return;
      event.preventDefault();
      score.checked = true;
      later();
      const down = cell.parentElement.nextElementSibling;
      const there = down?.querySelector("input[type=radio]:checked") ?? down?.querySelector("input[type=radio]");
      (there ?? score).focus();
      return;
    }
    const input = (other) => other?.querySelector("input:not([type=hidden])");
    if (cell && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      // With another key it is the browser's own, which leaves the page.
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const beside = input(event.key === "ArrowLeft" ? cell.previousElementSibling : cell.nextElementSibling);
      if (event.target.type !== "checkbox" && beside?.type !== "checkbox") return;
      event.preventDefault();
      beside?.focus();
      return;
    }
    if (!cell || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    const row = cell.parentElement;
    const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
    input(next?.cells[cell.cellIndex])?.focus();
  });
})();
