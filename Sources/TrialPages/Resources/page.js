// What pages do beyond plain HTML: news without reloading, and keys. Everything works without it.
"use strict";
(() => {
  // Whether anything stands in a field that the page did not bring: typed, or put back by the browser.
  const isTyping = () => [...document.querySelectorAll("#content input, #content textarea, #content select")]
    .some((field) => {
      if (field.type === "hidden") return false;
      if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
      if (field.options) {
        const first = Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
        return field.selectedIndex !== first;
      }
      return field.value !== field.defaultValue;
    });

  // News: fetch this page again and put its content in, unless someone is typing in it; then only say so.
  // What the last act came to stays: it is no part of the content.
  const news = document.body.dataset.news;
  const isAnswer = "answer" in document.body.dataset;
  const content = document.querySelector("#content");
  let shown = content?.innerHTML;

  // The session has ended, here or in another tab: nothing of it stays in sight of whoever comes next. What
  // was typed is still there, unseen, and comes back when the same person has logged in again elsewhere.
  const ended = document.querySelector("#ended");
  const title = document.title;
  // How often it was hidden: an answer of before says nothing of a lock that came since.
  let hides = 0;
  const setHidden = (isHidden) => {
    if (isHidden) hides += 1;
    for (const part of document.querySelectorAll(".frame, .top .state, .top .duties")) part.hidden = isHidden;
    ended.hidden = !isHidden;
    document.title = isHidden ? "TrialSync" : title;
  };
  window.trialsyncHide = () => { if (ended) setHidden(true); else location.reload(); };
  let listenAgain = () => {};
  // Who has logged in again has another session: what this page sends takes its token from there.
  const renew = (page) => {
    const token = page.querySelector("[name=csrf]")?.value;
    if (token) for (const field of document.querySelectorAll("[name=csrf]")) field.value = token;
  };
  // Whether the person of this page is logged in, now or again: only then it may be seen.
  const comeBack = async () => {
    if (!ended) return false;
    const hidesBefore = hides;
    try {
      // A page that answers a form is at no address: the one that leads back to it is asked.
      const answer = await fetch(ended.querySelector("a").href, {
        headers: { Accept: "text/html" }, redirect: "manual", signal: AbortSignal.timeout(10000),
      });
      // Nobody is logged in. Hidden once, it was not hidden anew.
      if (answer.status === 401 && ended.hidden) setHidden(true);
      if (!answer.ok) return false;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.body.dataset.person !== document.body.dataset.person) { setHidden(true); return false; }
      renew(page);
    } catch { return false; }
    if (hides !== hidesBefore) return false;
    const wasHidden = !ended.hidden;
    setHidden(false);
    listenAgain();
    if (wasHidden) document.dispatchEvent(new Event("back"));
    return true;
  };
  window.trialsyncReturn = comeBack;
  document.addEventListener("visibilitychange", () => {
    if (ended && !ended.hidden && document.visibilityState === "visible") comeBack();
  });

  // What is open and where one is, to be found again in content that came fresh.
  const place = () => {
    const active = document.activeElement;
    const opened = [...content.querySelectorAll("details")].map((part) => part.open);
    const named = active?.name && content.contains(active)
      ? `[name="${CSS.escape(active.name)}"]`
        + (/^(radio|checkbox)$/.test(active.type) ? `[value="${CSS.escape(active.value)}"]` : "")
      : null;
    return () => {
      const parts = [...content.querySelectorAll("details")];
      if (parts.length === opened.length) parts.forEach((part, index) => { part.open ||= opened[index]; });
      const next = active?.id ? document.getElementById(active.id) : null;
      (next ?? (named ? content.querySelector(named) : null))?.focus();
    };
  };

  // What each field of a form held when the page was opened, and how it reads.
  const opened = new Map([...document.querySelectorAll("#entry [name^='was.']")].map((field) => {
    const [row, value] = [field.closest("[data-item]"), field.value];
    const choice = [...row.querySelectorAll("option")].find((option) =>
      option.value === value.replace(/^@/, ""));
    const texts = field.form.dataset;
    const score = [...row.querySelectorAll("input[type=radio]")].find((one) => one.value === value);
    const text = value === "" ? texts.none : value === "Y" ? texts.yes
      : choice?.textContent ?? score?.ariaLabel ?? value;
    return [row.dataset.item, { value, text }];
  }));
  // What came in since stands in a form in which nothing was typed: beside its field, it is said to be new.
  const tellChanges = () => {
    const form = document.querySelector("#entry");
    for (const [item, was] of form ? opened : []) {
      const row = form.querySelector(`[data-item="${CSS.escape(item)}"]`);
      const now = form.querySelector(`[name="${CSS.escape(`was.${item}`)}"]`);
      // Where people do not agree there is no field any more, but both values.
      if (now ? now.value === was.value : !row?.querySelector(".both")) continue;
      const [line, mark] = [document.createElement("p"), document.createElement("span")];
      [line.className, mark.className] = ["late", "mark attention"];
      // A tick of a row has no room for it: there it is said at the head of the row.
      const head = row.closest("tr")?.querySelector("th");
      const name = head && head.parentElement !== row ? row.querySelector("[aria-label]").ariaLabel : "";
      // Who saved it, and when; beside two values both say that themselves.
      const said = row.dataset.changed ?? form.dataset.changed;
      mark.textContent = (name && `${name} · `) + said.replace("{value}", () => was.text);
      line.append(mark);
      (head ?? row).querySelector(".live").before(line);
    }
  };

  const bringInOnce = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.status === 401 && ended) { setHidden(true); return; }
    // The screen has locked, or the session has ended: nothing of it is to stay in sight.
    if (answer.status === 401 && !isTyping()) { location.reload(); return; }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (ended && page.body.dataset.person !== document.body.dataset.person) { setHidden(true); return; }
    renew(page);
    for (const name of [".menu", ".top .state", ".top .duties"]) {
      const [old, next] = [document.querySelector(name), page.querySelector(name)];
      if (old && next && old.outerHTML !== next.outerHTML) old.replaceWith(next);
    }
    // A form that shows the same record stays as it is, with whatever is open in it.
    const [form, next] = [document.querySelector("#entry"), page.querySelector("#entry")];
    if (form && next && form.dataset.version === next.dataset.version) {
      const [old, told] = [document.querySelector("#place-state"), page.querySelector("#place-state")];
      // What is typed is not saved: nothing says so of what it was typed over.
      if (!isTyping() && old && told && old.textContent !== told.textContent) {
        old.textContent = told.textContent;
      }
      return;
    }
    const fresh = page.querySelector("#content")?.innerHTML;
    if (fresh === undefined || fresh === shown) return;
    if (isTyping()) {
      // A form of a visit says beside each field what has come in.
      if (document.querySelector("#entry")) return;
      document.querySelector("#arrived").hidden = false;
      return;
    }
    const restore = place();
    content.innerHTML = shown = fresh;
    tellChanges();
    document.dispatchEvent(new Event("fresh"));
    restore();
  };
  // One request at a time, however fast the news come.
  let [isAsking, isBehind] = [false, false];
  const bringIn = async () => {
    isBehind = isAsking;
    if (isAsking || isAnswer) return;
    isAsking = true;
    try { await bringInOnce(); } catch { /* The line at the top says that there is no connection. */ }
    isAsking = false;
    if (isBehind) setTimeout(bringIn, 250);
  };

  const hear = () => {
    // Where other scripts of this page listen too.
    const bus = window.trialsyncNews = new EventTarget();
    const tell = (kind, data) => bus.dispatchEvent(new MessageEvent(kind, { data }));
    let [source, pass] = [null, () => {}];
    const listen = () => {
      const stream = source = new EventSource(news);
      for (const kind of ["news", "sync", "open", "error", "ended", "locked", "unlocked", "soon", "awake"]) {
        stream.addEventListener(kind, (event) => {
          if (kind === "ended") stream.close();
          tell(kind, event.data);
          pass(kind, event.data);
        });
      }
    };
    const listenIfClosed = () => { if (source?.readyState === EventSource.CLOSED) listen(); };
    listenAgain = () => { listenIfClosed(); pass("again"); };
    if (navigator.locks && window.BroadcastChannel) {
      // Browsers open six connections to a server and no more: one tab listens, and passes on what it hears.
      const channel = new BroadcastChannel("news");
      pass = (kind, data) => channel.postMessage({ kind, data });
      channel.onmessage = ({ data: { kind, data } }) => {
        if (kind === "again") listenIfClosed();
        else tell(kind, data);
      };
      navigator.locks.request("news", () => { listen(); return new Promise(() => {}); });
      // What came between this page and its first news from another tab, which may have stopped listening.
      setTimeout(() => { if (!source) { pass("again"); bringIn(); } }, 500);
    } else listen();
    // A minute before the screen locks or the session ends every page says so, until someone has done
    // something in any of them.
    const soon = document.querySelector("#locks-soon");
    const warn = (isSoon) => { if (soon) soon.hidden = !isSoon; };
    for (const [kind, isSoon] of [["soon", true], ["awake", false], ["locked", false], ["ended", false]]) {
      bus.addEventListener(kind, () => warn(isSoon));
    }
    soon?.addEventListener("submit", async (event) => {
      event.preventDefault();
      warn(false);
      const body = new URLSearchParams(new FormData(soon));
      const answer = await fetch(soon.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
      // The screen locks all the same where that was not heard; 401 says that it has.
      if (!answer?.ok && answer?.type !== "opaqueredirect" && answer?.status !== 401) warn(true);
    });
    // Out of sight at once; another session of the same person may have begun meanwhile.
    bus.addEventListener("ended", () => { if (ended) { setHidden(true); comeBack(); } });
    // A screen that locks hides every page of the laptop's browser, and each comes back with the password.
    bus.addEventListener("locked", () => { if (ended) setHidden(true); });
    bus.addEventListener("unlocked", () => { if (ended && !ended.hidden) comeBack(); });
    // An answer to a form brings nothing in: what it shows is at no address.
    bus.addEventListener("news", () => { bringIn(); });
    // Without a connection nothing here is news: what was true is not said as if it were still.
    let lost = null;
    const line = () => document.querySelector(".top .state");
    bus.addEventListener("open", () => {
      if (ended && !ended.hidden) comeBack();
      // An answer to a form fetches nothing that would put it right.
      if (lost && isAnswer && line()) [line().textContent, line().className] = lost;
      if (lost) bringIn();
      lost = null;
    });
    bus.addEventListener("error", () => {
      const state = line();
      lost ??= [state?.textContent ?? "", state?.className ?? ""];
      // Refused, and not only cut off: the session may have ended meanwhile.
      if (source?.readyState === EventSource.CLOSED && ended) bringIn();
      if (!state) return;
      state.textContent = document.body.dataset.lost;
      state.className = "state stopped";
    });
  };
  if (news && window.EventSource) hear();

  // A question or an answer is kept nowhere before it is sent: whoever leaves is asked. The form of a visit
  // keeps a draft of its own.
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => { sent.add(event.target); });
  document.addEventListener("input", (event) => { if (event.target.form) sent.delete(event.target.form); });
  addEventListener("beforeunload", (event) => {
    const isLost = [...document.querySelectorAll("#content textarea")].some((text) =>
      !text.closest("#entry") && !sent.has(text.form) && text.value !== text.defaultValue
        && text.value.trim() !== "");
    if (isLost) event.preventDefault();
  });

  // Keys: / goes to the search field, ? opens the list of keys, Esc leaves what is open. Those of one letter
  // can be switched off: who dictates or has a restless hand sets off none of them by mistake.
  const keys = document.querySelector("#keys");
  const showKeys = document.querySelector("#show-keys");
  const singleKeys = document.querySelector("#single-keys");
  const settings = (() => { try { return window.localStorage; } catch { return null; } })();
  if (keys && showKeys && singleKeys) {
    showKeys.hidden = false;
    showKeys.addEventListener("click", () => keys.showModal());
    keys.querySelector("#close-keys").addEventListener("click", () => keys.close());
    singleKeys.checked = settings?.getItem("single-keys") !== "off";
    singleKeys.addEventListener("change", () => {
      settings?.setItem("single-keys", singleKeys.checked ? "on" : "off");
    });
  }
  document.addEventListener("keydown", (event) => {
    const isField = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)
      && !/^(radio|checkbox|button|submit)$/.test(event.target.type);
    if (event.key === "Escape" && keys?.open) keys.close();
    if (isField || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // Another tab may have switched them off.
    if (keys?.open || settings?.getItem("single-keys") === "off") return;
    if (event.key === "?" && keys) { event.preventDefault(); keys.showModal(); }
    if (event.key !== "/") return;
    const search = document.querySelector("input[type=search]");
    const participants = document.querySelector(".menu a[href$='participants']");
    if (search) search.focus(); else if (participants) location.href = `${participants.href}#find`;
    if (search || participants) event.preventDefault();
  });
})();
