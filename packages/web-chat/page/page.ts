import { createChat } from "./chat.ts";
import { storedText } from "./dom/local-storage.ts";
import { applyTheme, themeKey } from "./dom/theme.ts";
import { isLoginNeeded } from "./frame/login.ts";
import { createPreferences } from "./frame/preferences.ts";
import { listenToKeys } from "./frame/shortcuts.ts";
import { chooseTexts } from "./language/choose-texts.ts";
import { createPageView } from "./page-view.ts";
import { addressOf, sessionIdOf } from "./sessions/session-address.ts";

startPage(document.body);

/** Wires the page: a session's snapshot → at most one drawing per animation frame. */
function startPage(body: HTMLElement): void {
  const isDemo = body.dataset["demo"] === "true";
  const gatewayUrl = new URL(body.dataset["webSocketPath"] ?? "./", location.href);
  const loginUrl = new URL("login", gatewayUrl).pathname;
  const preferences = createPreferences({
    theme: storedText(themeKey),
    language: storedText("mini-openclaw.language"),
    onTheme: applyTheme,
    onLanguage: speak,
  });
  const chat = createChat({
    url: webSocketUrl(gatewayUrl),
    mayRetry: async () => !(await isLoginNeeded(loginUrl)),
    firstSessionId: sessionIdOf(location.hash),
    onChange: () => draw(),
    goTo: (sessionId) => {
      location.hash = addressOf(sessionId);
    },
    onNewChat: () => setAddress(location.pathname + location.search),
    onEvent: (event) => view.hear(event),
    onNotice: (notice) => view.tell(notice),
  });
  let view = createView();
  const draw = oncePerFrame(() => {
    const { sessionId, view: session } = chat.session.getSnapshot();
    // Before its first event it is not there yet, or empty and may be gone after a restart of the gateway.
    if (sessionId !== undefined && session.lastSeq > 0) {
      setAddress(addressOf(sessionId));
      // While it runs, there is more to see in a moment.
      if (session.activeRuns.length === 0) chat.seen.saw(sessionId, session.lastSeq);
    }
    document.title = chat.title === "" ? "Mini OpenClaw" : `${chat.title} · Mini OpenClaw`;
    view.render();
  });

  function createView() {
    const { language } = preferences;
    const texts = chooseTexts(language === undefined ? navigator.languages : [language]);
    document.documentElement.lang = texts.language;
    const created = createPageView({ chat, texts, preferences, isDemo, loginUrl });
    body.replaceChildren(...created.parts);
    return created;
  }
  /** Says everything in the language that was chosen; nothing else changes. */
  function speak(): void {
    const { draft } = view;
    view = createView();
    view.draft = draft;
    view.render();
    view.focusLanguage();
  }

  listenToKeys(document, {
    stop: () => void chat.session.abort(),
    search: () => view.search(),
    newChat: () => view.newChat(),
    undo: () => view.undo(),
  });
  window.addEventListener("hashchange", () => chat.open(sessionIdOf(location.hash)));
  window.addEventListener("storage", () => {
    chat.seen.reload();
    draw();
  });
  window.addEventListener("online", chat.client.retryNow);
  chat.client.subscribe(() => {
    draw();
    if (chat.client.getSnapshot().phase === "open") chat.listing.refresh();
  });
  // On a phone the keyboard would cover the page.
  if (matchMedia("(hover: hover)").matches) view.focusComposer();
  draw();
}

/** Shows an address without going to it: no entry in the browser's history, no `hashchange`. */
function setAddress(address: string): void {
  if (location.hash !== address) history.replaceState(undefined, "", address);
}

/** The gateway is always where the page came from: no query, fragment or message can name another one. */
function webSocketUrl({ host, pathname }: URL): string {
  if (host !== location.host) throw new TypeError(`the gateway must be on ${location.host}, got ${host}`);
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${host}${pathname}`;
}

function oncePerFrame(draw: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      draw();
    });
  };
}
