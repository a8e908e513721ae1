import { storedText } from "./dom/local-storage.ts";
import { addressOf, messageSeqOf, sessionIdOf } from "./dom/session-address.ts";
import { applyTheme, THEME_KEY } from "./dom/theme.ts";
import { type Access, checkAccess, tokenUrlOf } from "./frame/login.ts";
import { type Network, watchNetwork } from "./frame/network.ts";
import { createPreferences, type Preferences } from "./frame/settings/preferences.ts";
import { listenToKeys } from "./frame/shortcuts.ts";
import { chooseTexts } from "./language/choose-texts.ts";
import type { Texts } from "./language/texts.ts";
import { Chat } from "./shell/chat.ts";
import { applyLook, type PageOptions, readOptions } from "./shell/page-options.ts";
import { createPageView, type PageView } from "./shell/page-view.ts";

/** The running page. It draws a session's snapshot at most once an animation frame. */
class Page {
  readonly #body: HTMLElement;
  readonly #options: PageOptions;
  readonly #gatewayUrl: URL;
  readonly #preferences: Preferences;
  readonly #chat: Chat;
  readonly #network: Network;
  #texts: Texts;
  #view: PageView;
  #access: Access = "open";
  #isDrawing = false;

  constructor(body: HTMLElement) {
    const options = readOptions(body);
    this.#body = body;
    this.#options = options;
    this.#gatewayUrl = new URL(options.webSocketPath, location.href);
    applyLook(options);
    this.#preferences = createPreferences({
      theme: storedText(THEME_KEY),
      language: storedText("mini-openclaw.language"),
      onTheme: applyTheme,
      onLanguage: () => this.#changeLanguage(),
    });
    this.#chat = new Chat({
      url: webSocketUrl(this.#gatewayUrl),
      mayRetry: () => this.#mayRetry(),
      firstSessionId: sessionIdOf(location.hash),
      draftAddress: (sessionId = "") => sessionId,
      onChange: () => this.#draw(),
      goTo: (sessionId) => {
        location.hash = addressOf(sessionId);
      },
      onNewChat: () => setAddress(location.pathname + location.search),
      onEvent: (event) => this.#view.onEvent(event),
      onNotice: (notice) => this.#view.notify(notice),
    });
    this.#network = watchNetwork({
      probe: () => this.#chat.client.ask({ type: "list", limit: 1 }),
      onChange: () => this.#draw(),
    });
    this.#texts = this.#chooseTexts();
    this.#view = this.#createView();
    this.#listen();
    // On a phone the keyboard would cover the page.
    if (matchMedia("(hover: hover)").matches) this.#view.focusComposer();
    this.#draw();
  }

  #chooseTexts(): Texts {
    const language = this.#preferences.language ?? this.#options.locale;
    return chooseTexts(language === undefined ? navigator.languages : [language]);
  }

  #createView(): PageView {
    document.documentElement.lang = this.#texts.language;
    const view = createPageView({
      chat: this.#chat,
      network: this.#network,
      texts: this.#texts,
      preferences: this.#preferences,
      options: this.#options,
      gatewayUrl: this.#gatewayUrl,
      tokenUrl: tokenUrlOf(this.#gatewayUrl),
      httpUrl: new URL("./", this.#gatewayUrl).pathname,
      access: () => this.#access,
      address: () => sessionIdOf(location.hash) ?? "",
    });
    this.#body.replaceChildren(...view.parts);
    return view;
  }

  /** Returns false if only a login can help. */
  async #mayRetry(): Promise<boolean> {
    this.#access = await checkAccess(this.#gatewayUrl, this.#options.loginUrl);
    return this.#access === "open";
  }

  /** Shows the page in the language that was selected. */
  #changeLanguage(): void {
    const { draft } = this.#view;
    this.#texts = this.#chooseTexts();
    this.#view = this.#createView();
    this.#view.draft = draft;
    this.#view.render();
    this.#view.refreshStatus();
    this.#view.focusLanguage();
  }

  #listen(): void {
    const { client, listing, seen } = this.#chat;
    listenToKeys(document, {
      stop: () => void this.#chat.session.abort(),
      search: () => this.#view.search(),
      newChat: () => this.#view.newChat(),
      undo: () => this.#view.undo(),
      showKeys: () => this.#view.showKeys(),
      showApproval: () => this.#showApproval(),
    });
    const openAddress = () => this.#chat.open(sessionIdOf(location.hash), messageSeqOf(location.hash));
    window.addEventListener("hashchange", openAddress);
    if (messageSeqOf(location.hash) !== undefined) openAddress();
    window.addEventListener("storage", () => {
      seen.reload();
      this.#draw();
    });
    window.addEventListener("online", client.retryNow);
    // The user may have logged in beside the page.
    window.addEventListener("focus", () => {
      if (this.#access === "refused") client.retryNow();
    });
    client.subscribe(() => {
      this.#draw();
      if (client.getSnapshot().phase !== "open") return;
      listing.renew();
      this.#view.refreshStatus();
    });
  }

  /** Shows the call that waits for a decision, in this session or in the next one. */
  #showApproval(): void {
    if (this.#view.focusApproval()) return;
    const [next] = this.#chat.listing.asking;
    if (next) location.hash = addressOf(next.sessionId);
  }

  #draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#drawNow();
    });
  }

  #drawNow(): void {
    const { session, seen, listing, title } = this.#chat;
    const { sessionId, view } = session.getSnapshot();
    // Before its first event a session may disappear when the gateway restarts.
    if (sessionId !== undefined && view.lastSeq > 0) {
      setAddress(addressOf(sessionId));
      // A running session has more to show in a moment.
      if (view.activeRuns.length === 0) seen.saw(sessionId, view.lastSeq);
    }
    const asking = listing.asking.length;
    const parts = [asking > 0 ? this.#texts.asking(asking) : "", title, this.#options.title];
    document.title = parts.filter((part) => part !== "").join(" · ");
    this.#view.render();
  }
}

/** Shows an address without opening it, with no entry in the browser's history. */
function setAddress(address: string): void {
  if (location.hash !== address) history.replaceState(undefined, "", address);
}

/**
 * Returns the address of the gateway's WebSocket. The gateway is always on the page's own host: no
 * query, fragment or message can name another one.
 */
function webSocketUrl({ host, pathname }: URL): string {
  if (host !== location.host) throw new TypeError(`The gateway must be on ${location.host}, got ${host}.`);
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${host}${pathname}`;
}

new Page(document.body);
