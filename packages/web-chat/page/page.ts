import type { ServerEvent } from "@mini-openclaw/protocol";
import { answerOf, type Chat } from "./chat.ts";
import { createChatClient } from "./chat-client.ts";
import { createComposer } from "./composer.ts";
import { type ConnectionState, connect } from "./connection.ts";
import { createConversation } from "./conversation.ts";
import { button, element, setText } from "./elements.ts";
import { createLoginView } from "./login.ts";
import { createMarkdownReader } from "./markdown.ts";
import { createStatusView } from "./status-view.ts";
import { chooseTexts, type Texts } from "./texts.ts";

startPage(document.body);

/** Wires the page: frames → chat → at most one drawing per animation frame. */
function startPage(body: HTMLElement): void {
  const texts = chooseTexts(navigator.languages);
  document.documentElement.lang = texts.language;
  const isDemo = body.dataset["demo"] === "true";

  const client = createChatClient({
    createId,
    transmit: (event) => connection.send(event),
    onChange(chat, event) {
      draw();
      if (event) announce(chat, event);
    },
  });
  const status = createStatusView({
    texts,
    onNewChat() {
      client.newChat();
      composer.focus();
    },
    onRetryNow: () => connection.retryNow(),
  });
  const conversation = createConversation({
    texts,
    markdown: createMarkdownReader(),
    welcome: createWelcome(texts, isDemo, send),
    onLoadEarlier: client.loadEarlier,
    onSendAgain: client.sendAgain,
    onDiscard: client.discard,
  });
  const composer = createComposer({ texts, onSend: send, onStop: client.stop });
  const gatewayUrl = new URL(body.dataset["webSocketPath"] ?? "./", location.href);
  const login = createLoginView({
    texts,
    url: new URL("login", gatewayUrl).pathname,
    onLogin: () => connection.retryNow(),
  });
  const announcer = element("div", "sr-only");
  announcer.setAttribute("aria-live", "polite");

  let connectionState: ConnectionState = { phase: "connecting" };
  const draw = oncePerFrame(() => {
    const { chat } = client;
    status.render(connectionState, chat.sessionId);
    login.show(connectionState.phase === "locked");
    conversation.render(chat);
    composer.render(chat);
    document.title = chat.title === "" ? "Mini OpenClaw" : `${chat.title} · Mini OpenClaw`;
  });
  function send(content: string): void {
    conversation.followNewest();
    client.send(content);
  }
  function announce(chat: Chat, event: ServerEvent): void {
    if (event.type !== "run_end") return;
    const { outcome, runId } = event;
    setText(announcer, outcome === "completed" ? answerOf(chat, runId) : texts.outcome[outcome]);
  }

  const notice = isDemo ? [createDemoNotice(texts)] : [];
  body.replaceChildren(status.root, ...notice, login.root, conversation.root, composer.root, announcer);
  document.addEventListener("keydown", ({ key, isComposing }) => {
    if (key === "Escape" && !isComposing) client.stop();
  });
  // On a phone the keyboard would cover the page.
  if (matchMedia("(hover: hover)").matches) composer.focus();

  const connection = connect({
    url: webSocketUrl(gatewayUrl),
    isLocked: login.isNeeded,
    onEvent: client.receive,
    onState(state) {
      connectionState = state;
      if (state.phase === "waiting") client.disconnected();
      draw();
    },
  });
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

/** 128 random bits. `crypto.randomUUID` is missing where the page is served without TLS to another machine. */
function createId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
