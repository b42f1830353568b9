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
  const content = document.querySelector("#content");
  let shown = content?.innerHTML;
  const bringInOnce = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
    // The screen has locked, or the session has ended: nothing of it is to stay in sight.
    if (answer.status === 401 && !isTyping()) { location.reload(); return; }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const name of [".menu", ".top .state"]) {
      const [old, next] = [document.querySelector(name), page.querySelector(name)];
      if (old && next && old.outerHTML !== next.outerHTML) old.replaceWith(next);
    }
    const fresh = page.querySelector("#content")?.innerHTML;
    if (fresh === undefined || fresh === shown) return;
    if (isTyping()) {
      // A form of a visit says beside each field what has come in.
      if (document.querySelector("#entry")) return;
      document.querySelector("#arrived").hidden = false;
      return;
    }
    const focus = document.activeElement?.id;
    content.innerHTML = shown = fresh;
    document.dispatchEvent(new Event("fresh"));
    if (focus) document.getElementById(focus)?.focus();
  };
  // One request at a time, however fast the news come.
  let [isAsking, isBehind] = [false, false];
  const bringIn = async () => {
    isBehind = isAsking;
    if (isAsking) return;
    isAsking = true;
    try { await bringInOnce(); } catch { /* The line at the top says that there is no connection. */ }
    isAsking = false;
    if (isBehind) setTimeout(bringIn, 250);
  };
  if (news && window.EventSource) {
    // Where other scripts of this page listen too.
    window.trialsyncNews = new EventTarget();
    const tell = (kind, data) => window.trialsyncNews.dispatchEvent(new MessageEvent(kind, { data }));
    const listen = (pass) => {
      const source = new EventSource(news);
      for (const kind of ["news", "sync", "open", "error"]) {
        source.addEventListener(kind, (event) => { tell(kind, event.data); pass(kind, event.data); });
      }
      return source;
    };
    if (navigator.locks && window.BroadcastChannel) {
      // Browsers open six connections to a server and no more: one tab listens, and passes on what it hears.
      const channel = new BroadcastChannel("news");
      channel.onmessage = ({ data: { kind, data } }) => tell(kind, data);
      let source;
      navigator.locks.request("news", () => {
        source = listen((kind, data) => channel.postMessage({ kind, data }));
        return new Promise(() => {});
      });
      // What came between this page and its first news from another tab.
      setTimeout(() => { if (!source) bringIn(); }, 500);
    } else listen(() => {});
    window.trialsyncNews.addEventListener("news", () => { bringIn(); });
    // Without a connection nothing here is news: what was true is not said as if it were still.
    let isLost = false;
    window.trialsyncNews.addEventListener("open", () => {
      if (isLost) bringIn();
      isLost = false;
    });
    window.trialsyncNews.addEventListener("error", () => {
      isLost = true;
      const state = document.querySelector(".top .state");
      if (!state) return;
      state.textContent = document.body.dataset.lost;
      state.className = "state stopped";
    });
  }

  // Keys: / goes to the search field, ? opens the list of keys, Esc leaves what is open.
  const keys = document.querySelector("#keys");
  document.addEventListener("keydown", (event) => {
    const isField = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "Escape" && keys?.open) keys.close();
    if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.querySelector("input[type=search]");
    if (event.key === "/" && search) { event.preventDefault(); search.focus(); }
    if (event.key === "?" && keys) { event.preventDefault(); keys.showModal(); }
  });
})();
