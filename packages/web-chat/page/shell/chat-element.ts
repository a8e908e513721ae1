import { answerOf } from "../conversation/rows/rows.ts";
import { element } from "../dom/elements.ts";
import { isComposing } from "../dom/keys.ts";
import { isTheme } from "../dom/theme.ts";
import { createAnnouncer } from "../frame/announcer.ts";
import { type Access, checkAccess, tokenUrlOf } from "../frame/login.ts";
import { watchNetwork } from "../frame/network.ts";
import { createToast } from "../frame/toast.ts";
import { chooseTexts } from "../language/choose-texts.ts";
import { Chat } from "./chat.ts";
import { MainView } from "./main-view.ts";

/** A token of the gateway, or a function that returns one for each connection. */
type Token = string | (() => string | Promise<string>);

/** A conversation that is shown in an element. */
interface ShownChat {
  readonly chat: Chat;
  readonly view: MainView;
  readonly close: () => void;
}

/**
 * One chat as an element for any page: `<mini-openclaw-chat url="/claw">`.
 *
 * Its styles and the page's do not meet. It emits `sessionchange` with the id of its session.
 */
export class MiniOpenClawChat extends HTMLElement {
  static readonly observedAttributes = ["url", "session", "locale", "heading", "greeting", "theme", "accent"];

  /** Sent to a gateway that needs a token. Set it before the element is on the page. */
  token: Token | undefined;
  #shown: ShownChat | undefined;

  connectedCallback(): void {
    this.#applyLook();
    this.#shown ??= showChat(this);
  }

  disconnectedCallback(): void {
    // A page that moves the element removes it and adds it again at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.#close();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.#shown) return;
    if (name === "theme" || name === "accent") return this.#applyLook();
    if (name === "session" && after !== null) return this.#shown.chat.open(after);
    this.#close();
    this.connectedCallback();
  }

  /** Starts a new session. */
  newChat(): void {
    this.#shown?.chat.newChat();
  }

  /** Focuses the message box. */
  override focus(): void {
    this.#shown?.view.focusComposer();
  }

  #close(): void {
    this.#shown?.close();
    this.#shown = undefined;
  }

  #applyLook(): void {
    const { style } = this;
    const theme = this.getAttribute("theme") ?? undefined;
    style.colorScheme = isTheme(theme) && theme !== "system" ? theme : "";
    const accent = this.getAttribute("accent");
    if (accent === null) style.removeProperty("--accent");
    else style.setProperty("--accent", accent);
  }
}

/** Connects an element to its gateway and fills it. */
function showChat(host: MiniOpenClawChat): ShownChat {
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const gatewayUrl = gatewayUrlOf(host);
  const texts = chooseTexts([host.getAttribute("locale") ?? "", ...navigator.languages]);
  const closing = new AbortController();
  const { signal } = closing;
  let access: Access = "open";
  let sessionId: string | undefined;
  let isDrawing = false;

  const body = element("div", "element-body");
  const announcer = createAnnouncer(texts);
  const toast = createToast(texts);
  const chat = new Chat({
    url: gatewayUrl.href.replace(/^http/, "ws"),
    token: host.token,
    async mayRetry() {
      access = await checkAccess(gatewayUrl, undefined);
      return access === "open";
    },
    firstSessionId: host.getAttribute("session") ?? undefined,
    draftAddress: address,
    onChange: draw,
    goTo: (next) => chat.open(next),
    onNewChat: () => {},
    onEvent: (event) => announcer.onEvent(event, (runId) => answerOf(chat.session.getSnapshot().view, runId)),
    onNotice: toast.show,
  });
  const network = watchNetwork({
    probe: () => chat.client.ask({ type: "list", limit: 1 }),
    onChange: draw,
    signal,
  });
  const toggle = element("span", "");
  toggle.hidden = true;
  const view = new MainView({
    ...{ chat, network, texts, toggle, onAnnounce: announcer.announce },
    access: () => access,
    address,
    tokenUrl: tokenUrlOf(gatewayUrl),
    httpUrl: new URL("./", gatewayUrl).href,
    options: optionsOf(host),
  });

  function address(): string {
    return `${gatewayUrl.href}#${host.getAttribute("session") ?? ""}`;
  }
  function draw(): void {
    if (isDrawing || signal.aborted || !body.isConnected) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      if (signal.aborted) return;
      view.render();
      const { sessionId: next } = chat.session.getSnapshot();
      if (next === sessionId) return;
      sessionId = next;
      host.dispatchEvent(new CustomEvent("sessionchange", { detail: { sessionId: next } }));
    });
  }
  function stopOnEscape(event: KeyboardEvent): void {
    if (event.key === "Escape" && !isComposing(event)) void chat.session.abort();
  }

  body.append(view.root, toast.root, announcer.root);
  body.lang = texts.language;
  body.addEventListener("keydown", stopOnEscape);
  window.addEventListener("online", chat.client.retryNow, { signal });
  chat.client.subscribe(draw);
  const sheet = createStyleSheet();
  const show = () => {
    shadow.append(body);
    draw();
  };
  // Without its styles the chat could not be used.
  sheet.addEventListener("load", show, { once: true, signal });
  shadow.replaceChildren(sheet);
  return {
    chat,
    view,
    close() {
      closing.abort();
      chat.client.close();
      shadow.replaceChildren();
    },
  };
}

/** Returns the gateway's address, relative to the page. */
function gatewayUrlOf(host: Element): URL {
  const url = host.getAttribute("url") ?? "/";
  const address = URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI) : undefined;
  if (address && /^(?:https?|wss?):$/.test(address.protocol)) {
    address.protocol = address.protocol.replace("ws", "http");
    return address;
  }
  throw new TypeError(
    `\`url\` of <mini-openclaw-chat> must be an address such as "/claw" or "wss://example.com/claw", got ${JSON.stringify(url)}.`,
  );
}

function optionsOf(host: Element) {
  return {
    isDemo: false,
    title: host.getAttribute("heading") ?? "",
    greeting: host.getAttribute("greeting") ?? undefined,
    suggestions: undefined,
    loginUrl: undefined,
    // The policy of the other page decides about frames.
    diagramUrl: undefined,
  };
}

/** Creates the link to the page's style sheet, which is beside this file. */
function createStyleSheet(): HTMLElement {
  const link = element("link", "");
  link.rel = "stylesheet";
  link.href = new URL("page.css", import.meta.url).href;
  return link;
}
