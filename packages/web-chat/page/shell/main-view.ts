import type { MessageBlock, MessageMode, RunCost } from "@mini-openclaw/protocol";
import { acceptDrops } from "../composer/attachments-view.ts";
import { Composer } from "../composer/composer.ts";
import { Conversation } from "../conversation/conversation.ts";
import { createEnlarge } from "../conversation/files-view.ts";
import { createTodoView, type TodoView } from "../conversation/todo-view.ts";
import { button, element } from "../dom/elements.ts";
import { createConnectionBanner, isRefused } from "../frame/connection-banner.ts";
import { type Access, createLoginView } from "../frame/login.ts";
import type { Network } from "../frame/network.ts";
import { createStatusView } from "../frame/status-view.ts";
import { createFormats } from "../language/formats.ts";
import type { Texts } from "../language/texts.ts";
import { createHighlighter } from "../markdown/highlight.ts";
import { createMarkdownRenderer } from "../markdown/markdown-view.ts";
import type { Chat } from "./chat.ts";
import type { PageOptions } from "./page-options.ts";
import { createTaskNotice, type TaskNotice } from "./task-notice.ts";
import { createDemoNotice, createWelcome } from "./welcome.ts";

export interface MainViewParts {
  chat: Chat;
  network: Network;
  texts: Texts;
  options: Pick<PageOptions, "isDemo" | "title" | "greeting" | "suggestions" | "loginUrl" | "diagramUrl">;
  /** Returns the name under which drafts of the shown session are saved. */
  address: () => string;
  /** The address that takes the gateway's token. */
  tokenUrl: string;
  /** The path of the gateway's HTTP routes. It ends with a slash. */
  httpUrl: string;
  /** Returns the gateway's answer to this browser. */
  access: () => Access;
  /** The button that opens the list of sessions in a narrow window. */
  toggle: HTMLElement;
  /** Announces a text to screen readers. */
  onAnnounce: (text: string) => void;
}

/** The part of the page beside the sidebar: the shown session, and the state of its connection. */
export class MainView {
  readonly root: HTMLElement;
  readonly #parts: MainViewParts;
  readonly #status;
  readonly #banner;
  readonly #login;
  readonly #archived: HTMLElement;
  readonly #conversation: Conversation;
  readonly #task: TaskNotice;
  readonly #todo: TodoView;
  readonly #composer: Composer;
  /** The text of a message that was sent while its new session was being created. */
  #early: string | undefined;

  constructor(parts: MainViewParts) {
    const { chat, texts, toggle, onAnnounce, options, tokenUrl } = parts;
    const { loginUrl } = options;
    const { retryNow } = chat.client;
    const formats = createFormats(texts.language);
    this.#parts = parts;
    this.#status = createStatusView({ texts, formats, appTitle: options.title, toggle, onAnnounce });
    this.#banner = createConnectionBanner({ texts, onRetryNow: retryNow });
    this.#archived = createArchivedNotice(texts, chat);
    this.#login = createLoginView({ texts, tokenUrl, loginUrl, onLogin: retryNow });
    const highlighter = createHighlighter();
    const markdown = createMarkdownRenderer({
      ...{ texts, highlighter, onAnnounce },
      diagramUrl: options.diagramUrl,
      servedImage: (source) => this.#servedImage(source),
      enlargeable: (image) => createEnlarge(image, texts),
      onLate: (update) => this.#conversation.change(update),
    });
    this.#conversation = new Conversation({
      ...{ texts, formats, highlighter, markdown, onAnnounce },
      welcome: createWelcome({ texts, options, onSend: (content) => this.#send(content) }),
      blobUrl: (blob) => this.#blobUrl(blob),
      onLoadEarlier: () => chat.loadEarlier(),
      onSendAgain: (id) => chat.sendAgain(id),
      onDiscard: (id) => chat.session.discard(id),
      onApprove: (...decided) => {
        void chat.session.approve(...decided);
        // The button with the focus disappears. On a phone the keyboard would cover the page.
        if (matchMedia("(hover: hover)").matches) this.focusComposer();
      },
      onCancel: (runId) => void chat.session.abort(runId),
      onRetry: (runId) => chat.retry(runId),
      onContinue: () => this.#send(texts.continueMessage),
      onFork: (seq) => chat.forkAt(seq),
      onEdit: (content) => this.#edit(content),
    });
    this.#composer = new Composer({
      ...{ texts, formats, drafts: chat.drafts, attachments: chat.attachments },
      limits: () => chat.limits,
      onSend: (content, mode, blocks) => {
        this.#early = chat.isStarting ? content : undefined;
        return this.#send(content, mode, blocks);
      },
      onStop: () => void chat.session.abort(),
    });
    this.#task = createTaskNotice(texts);
    this.#todo = createTodoView(texts);
    const demo = options.isDemo ? [createDemoNotice(texts)] : [];
    const notices = [...demo, this.#archived, this.#task.root];
    this.#status.root.append(this.#banner.root, ...notices);
    const views = [this.#status, this.#login, this.#conversation, this.#todo, this.#composer];
    this.root = element("div", "page", ...views.map(({ root }) => root));
    acceptDrops(this.root, (files) => this.#composer.attach(files));
  }

  /** The text that was not sent. */
  get draft(): string {
    return this.#composer.draft;
  }

  set draft(text: string) {
    this.#composer.draft = text;
  }

  focusComposer(): void {
    this.#composer.focus();
  }

  /** Focuses the first call that waits for a decision. Returns false if none does. */
  focusApproval(): boolean {
    return this.#conversation.focusApproval();
  }

  render(): void {
    const { chat, network, access, address } = this.#parts;
    const snapshot = chat.session.getSnapshot();
    const state = chat.client.getSnapshot();
    const connection = network.isOffline ? ({ phase: "offline" } as const) : state;
    const { sessionId } = snapshot;
    this.#status.render(connection, { sessionId, title: chat.title, cost: costOf(chat) });
    this.#banner.render(connection);
    this.#archived.hidden = !chat.summary?.archived;
    this.#login.show(state.phase === "held" && !isRefused(state) ? access() : "open");
    // While earlier messages load, the reader stays where they were.
    if (!chat.isSeeking) this.#conversation.render(snapshot, chat.problem, chat.takeFound());
    this.#task.render(snapshot.view.parent?.sessionId);
    this.#todo.render(snapshot.view);
    const { sessionId: _before, ...unnamed } = snapshot;
    if (chat.isStarting) return this.#composer.render(unnamed, "");
    this.#composer.render(snapshot, address());
    this.#sendEarly();
  }

  /** Sends a message to the session that was created meanwhile, if nobody changed it since. */
  #sendEarly(): void {
    const early = this.#early;
    this.#early = undefined;
    const isWanted = early !== undefined && this.#parts.chat.problem === undefined;
    if (isWanted && this.#composer.draft.trim() === early) this.#composer.submit();
  }

  /** Sends a message. Returns false if it cannot be sent now. */
  #send(content: string, mode: MessageMode = "queue", blocks: readonly MessageBlock[] = []): boolean {
    const { chat } = this.#parts;
    if (chat.isStarting) return false;
    this.#conversation.followNewest();
    chat.send(content, { mode, ...(blocks.length > 0 && { blocks }) });
    return true;
  }

  /** Returns the address of a file of the shown session. */
  #blobUrl(blob: string): string {
    const { chat, httpUrl } = this.#parts;
    const { sessionId = "" } = chat.session.getSnapshot();
    return `${httpUrl}sessions/${encodeURIComponent(sessionId)}/blobs/${blob}`;
  }

  /**
   * Returns the address of an image that a model wrote as `blobs/…`, or as an address of the
   * gateway's files; `undefined` for other addresses.
   */
  #servedImage(source: string): string | undefined {
    const [, blob] = /^blobs\/([0-9a-f]{64})$/.exec(source) ?? [];
    if (blob !== undefined) return this.#blobUrl(blob);
    const base = new URL(this.#parts.httpUrl, document.baseURI);
    if (!URL.canParse(source, base)) return undefined;
    const { origin, pathname, search } = new URL(source, base);
    const path = pathname.startsWith(base.pathname) ? pathname.slice(base.pathname.length) : "";
    const isFile = /^sessions\/[\w%.-]+\/blobs\/[0-9a-f]{64}$/.test(path) && search === "";
    return isFile && origin === base.origin ? `${base.href}${path}` : undefined;
  }

  /** Copies an earlier message to the composer. A text that is being written stays. */
  #edit(content: string): void {
    const { draft } = this.#composer;
    this.#composer.draft = draft.trim() === "" ? content : `${draft}\n\n${content}`;
    this.#composer.focus();
  }
}

function createArchivedNotice(texts: Texts, chat: Chat): HTMLElement {
  const unarchive = button("link", texts.unarchive, () => {
    const { sessionId } = chat.session.getSnapshot();
    if (sessionId !== undefined) chat.actions.unarchive(sessionId);
  });
  return element("p", "archived-notice", element("span", "", texts.isArchived), unarchive);
}

/** The cost of the session in its newest summary. */
function costOf({ summary }: Chat): RunCost | undefined {
  return summary?.usage && { usage: summary.usage, costUsd: summary.costUsd };
}
