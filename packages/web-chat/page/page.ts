import { ClientError, connect, type WatchedEvent } from "@mini-openclaw/client";
import type { ErrorItem } from "@mini-openclaw/protocol";
import { createComposer } from "./composer.ts";
import { createConversation } from "./conversation.ts";
import { button, element, setText } from "./elements.ts";
import { createHighlighter } from "./highlight.ts";
import { createLoginView } from "./login.ts";
import { createMarkdownReader } from "./markdown.ts";
import { answerOf } from "./rows.ts";
import { addressOf, sessionIdOf } from "./session-address.ts";
import { createSessionListing } from "./session-list.ts";
import { createShownSession } from "./shown-session.ts";
import { createSidebar } from "./sidebar.ts";
import { createStatusView } from "./status-view.ts";
import { chooseTexts, type Texts } from "./texts.ts";

startPage(document.body);

/** Wires the page: a session's snapshot → at most one drawing per animation frame. */
function startPage(body: HTMLElement): void {
  const texts = chooseTexts(navigator.languages);
  document.documentElement.lang = texts.language;
  const isDemo = body.dataset["demo"] === "true";
  const gatewayUrl = new URL(body.dataset["webSocketPath"] ?? "./", location.href);
  const login = createLoginView({
    texts,
    url: new URL("login", gatewayUrl).pathname,
    onLogin: () => client.retryNow(),
  });
  const client = connect({
    url: webSocketUrl(gatewayUrl),
    mayRetry: async () => !(await login.isNeeded()),
    onFailure: showProblem,
  });
  const shown = createShownSession({
    first: client.session(sessionIdOf(location.hash)),
    onChange: () => draw(),
    onEvent: announce,
  });
  const listing = createSessionListing({ client, onChange: () => draw(), onFailure: showProblem });

  const sidebar = createSidebar({ texts, onNewChat: newChat, onLoadMore: () => listing.loadMore() });
  const status = createStatusView({ texts, toggle: sidebar.toggle, onRetryNow: client.retryNow });
  const highlighter = createHighlighter();
  const conversation = createConversation({
    texts,
    markdown: createMarkdownReader({ texts, highlighter, onSay: say }),
    welcome: createWelcome(texts, isDemo, send),
    onLoadEarlier: () => void shown.session.history().catch(showProblem),
    onSendAgain: (id) => void shown.session.sendAgain(id).catch(showUnsent),
    onDiscard: (id) => shown.session.discard(id),
    onApprove: (callId, decision) => shown.session.approve(callId, decision),
  });
  const composer = createComposer({ texts, onSend: send, onStop: () => shown.session.abort() });
  const announcer = element("div", "sr-only");
  announcer.setAttribute("aria-live", "polite");
  let problem: ErrorItem | undefined;

  const draw = oncePerFrame(() => {
    const connection = client.getSnapshot();
    const snapshot = shown.session.getSnapshot();
    const { sessionId, view } = snapshot;
    const listed = listing.sessions.find((one) => one.sessionId === sessionId);
    if (sessionId !== undefined) listing.saw(sessionId, view.lastSeq);
    // An empty session may be gone after a restart of the gateway: its address would lead nowhere.
    if (sessionId !== undefined && view.lastSeq > 0) setAddress(addressOf(sessionId));
    status.render(connection, sessionId);
    sidebar.render(listing, sessionId);
    login.show(connection.phase === "held");
    conversation.render(snapshot, problem);
    composer.render(snapshot);
    const title = view.title || (listed?.title ?? "");
    document.title = title === "" ? "Mini OpenClaw" : `${title} · Mini OpenClaw`;
  });
  function send(content: string): void {
    problem = undefined;
    conversation.followNewest();
    shown.session.send(content).catch(showUnsent);
  }
  function newChat(): void {
    composer.focus();
    client.create().then((session) => {
      setAddress(location.pathname + location.search);
      problem = undefined;
      shown.show(session);
    }, showProblem);
  }
  function showProblem(error: unknown): void {
    if (!ClientError.is(error)) throw error;
    const { code, message } = error;
    problem = { kind: "error", key: "problem", seq: 0, runId: undefined, code, message };
    draw();
  }
  /** Refused messages are shown with their reason, where they stand. */
  function showUnsent(error: unknown): void {
    if (ClientError.is(error) && error.code === "OUTBOX_FULL") showProblem(error);
  }
  function announce(event: WatchedEvent): void {
    if (event.type === "approval_request") say(texts.asksFor(event.reason));
    if (event.type !== "run_end") return;
    const { outcome, runId } = event;
    const { view } = shown.session.getSnapshot();
    say(outcome === "completed" ? answerOf(view, runId) : texts.outcome[outcome]);
  }
  function say(text: string): void {
    setText(announcer, text);
  }

  const notice = isDemo ? [createDemoNotice(texts)] : [];
  const parts = [status.root, ...notice, login.root, conversation.root, composer.root, announcer];
  body.replaceChildren(sidebar.root, element("div", "page", ...parts));
  document.addEventListener("keydown", ({ key, isComposing }) => {
    if (key === "Escape" && !isComposing) shown.session.abort();
  });
  window.addEventListener("hashchange", () => {
    problem = undefined;
    shown.show(client.session(sessionIdOf(location.hash)));
  });
  window.addEventListener("online", client.retryNow);
  client.onSessionChange(listing.refresh);
  client.subscribe(() => {
    draw();
    if (client.getSnapshot().phase === "open") listing.refresh();
  });
  // On a phone the keyboard would cover the page.
  if (matchMedia("(hover: hover)").matches) composer.focus();
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

function createDemoNotice(texts: Texts): HTMLElement {
  const explanation = element("p", "", texts.demoExplanation);
  return element("details", "demo", element("summary", "", texts.demoNotice), explanation);
}

function createWelcome(texts: Texts, isDemo: boolean, send: (content: string) => void): HTMLElement {
  const suggestions = (isDemo ? texts.demoSuggestions : texts.suggestions).map((text) =>
    button("suggestion", text, () => send(text)),
  );
  return element(
    "section",
    "welcome",
    element("h2", "", texts.welcome),
    element("p", "", texts.welcomeHint),
    element("div", "suggestions", ...suggestions),
  );
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
