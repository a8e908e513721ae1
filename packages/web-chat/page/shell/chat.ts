import {
  type Client,
  ClientError,
  type ConnectOptions,
  connect,
  type SendOptions,
  type Session,
  type WatchedEvent,
} from "@mini-openclaw/client";
import {
  defaultLimits,
  type ErrorItem,
  type FoundSession,
  type Limits,
  type SessionView,
} from "@mini-openclaw/protocol";
import { Attachments } from "../composer/attachments.ts";
import { createDrafts, lastingStorage, tabStorage } from "../composer/drafts.ts";
import { createUnsentMessages, type UnsentMessages } from "../composer/unsent-messages.ts";
import type { FoundMessage } from "../conversation/conversation.ts";
import { storedText } from "../dom/local-storage.ts";
import type { Notice } from "../dom/notice.ts";
import { startOf } from "../dom/start-of.ts";
import { createSeenSessions } from "../sessions/seen-sessions.ts";
import { createSessionActions, type SessionActions } from "../sessions/session-actions.ts";
import { SessionListing } from "../sessions/session-list.ts";
import { ShownSession } from "./shown-session.ts";

export interface ChatParts {
  url: string;
  /** The gateway's token. Without one, the browser sends its cookies only. */
  token?: ConnectOptions["token"];
  /** Called after a failed attempt to connect; see `connect`. */
  mayRetry: () => Promise<boolean>;
  firstSessionId: string | undefined;
  /** Returns the address under which the draft of a session is saved. */
  draftAddress: (sessionId: string | undefined) => string;
  onChange: () => void;
  /** Opens a session by its address. */
  goTo: (sessionId: string) => void;
  /** Called when a new session is shown, which has no address before its first message. */
  onNewChat: () => void;
  onEvent: (event: WatchedEvent) => void;
  onNotice: (notice: Notice) => void;
}

// The limit of the protocol.
const PAGE_SIZE = 200;

// A user who comes back later may have another plan.
const MAX_UNSENT_AGE_MS = 3_600_000;

/** The state and the actions of the page, independent of its look and its language. */
export class Chat {
  readonly client: Client;
  readonly listing: SessionListing;
  readonly seen = createSeenSessions(storedText("mini-openclaw.seen"));
  readonly drafts = createDrafts(tabStorage(), lastingStorage());
  readonly attachments = new Attachments();
  readonly #unsent: UnsentMessages;
  readonly actions: SessionActions;
  readonly #parts: ChatParts;
  readonly #shown: ShownSession;
  #problem: ErrorItem | undefined;
  #startingCount = 0;
  /** The message that a search found, until the page shows it. */
  #found: FoundMessage | undefined;
  /** The session in which messages are loaded up to that one. */
  #seeking: Session | undefined;

  constructor(parts: ChatParts) {
    const { url, token, mayRetry, firstSessionId, onChange, onEvent, goTo, onNotice } = parts;
    this.#parts = parts;
    const onFailure = (error: unknown) => this.#showProblem(error);
    const client = connect({
      url,
      ...(token !== undefined && { token }),
      mayRetry,
      // The banner shows the state of the connection.
      onFailure: (error) => void (error.code !== "CONNECT_FAILED" && onFailure(error)),
    });
    this.client = client;
    this.#unsent = createUnsentMessages(storedText("mini-openclaw.unsent"), { gateway: url });
    this.#sendUnsent();
    this.#shown = new ShownSession({ first: client.session(firstSessionId), onChange, onEvent });
    const { seen } = this;
    const listing = new SessionListing({ client, seen, onChange, onFailure });
    this.listing = listing;
    const leave = (sessionId: string) => this.#leave(sessionId);
    this.actions = createSessionActions({ client, listing, seen, goTo, leave, onNotice });
    client.onSessionChange((change) => listing.update(change));
  }

  /** The limits of the gateway; the usual ones before it has sent its own. */
  get limits(): Limits {
    const state = this.client.getSnapshot();
    return state.phase === "open" ? state.limits : defaultLimits;
  }

  /** The session that is shown. */
  get session(): Session {
    return this.#shown.session;
  }

  /** The newest summary of the session, if the gateway sent one. */
  get summary(): FoundSession | undefined {
    const { sessionId = "" } = this.session.getSnapshot();
    return this.listing.find(sessionId);
  }

  /** The title of the session; empty while it has none. */
  get title(): string {
    const { view } = this.session.getSnapshot();
    return view.title || this.summary?.title || titleOf(view);
  }

  /** A failure that belongs to no message of the session. */
  get problem(): ErrorItem | undefined {
    return this.#problem;
  }

  /**
   * True while a new session is being created. A message sent now would reach the session before
   * it.
   */
  get isStarting(): boolean {
    return this.#startingCount > 0;
  }

  /**
   * Shows another session; without an id, the first one that the gateway opens for this visitor.
   * With `seq`, it shows that message of the session.
   */
  open(sessionId: string | undefined, seq?: number): void {
    this.#show(this.client.session(sessionId));
    if (seq !== undefined) void this.#seek(seq).catch((error: unknown) => this.#showProblem(error));
  }

  /** True while the messages up to the one that a search found are loaded. */
  get isSeeking(): boolean {
    return this.#seeking !== undefined && this.#seeking === this.session;
  }

  /** Returns the message that a search found, once after it was loaded. */
  takeFound(): FoundMessage | undefined {
    const found = this.#found;
    this.#found = undefined;
    return found;
  }

  newChat(): void {
    this.#startingCount += 1;
    this.#parts.onChange();
    const created = this.client.create().finally(() => {
      this.#startingCount -= 1;
    });
    created.then(
      (session) => {
        this.#parts.onNewChat();
        this.#show(session);
      },
      (error: unknown) => this.#showProblem(error),
    );
  }

  send(content: string, options?: SendOptions): void {
    this.#problem = undefined;
    this.#unsent.watch(this.session);
    this.session.send(content, options).catch((error: unknown) => this.#showUnsent(error));
  }

  sendAgain(id: string): void {
    void this.session.sendAgain(id).catch((error: unknown) => this.#showUnsent(error));
  }

  /** Answers the messages of the newest run again. */
  retry(runId: string): void {
    this.#problem = undefined;
    this.session.retry(runId).catch((error: unknown) => this.#showProblem(error));
  }

  loadEarlier(): void {
    void this.session.history().catch((error: unknown) => this.#showProblem(error));
  }

  /** Starts a new session with the messages up to `seq`, shows it and notifies the user. */
  forkAt(seq: number): void {
    const { sessionId } = this.session.getSnapshot();
    if (sessionId !== undefined) this.actions.forkAt(sessionId, seq);
  }

  /**
   * Sends what an earlier page could not send, under the same ids, so that each message runs once.
   * An old or refused message becomes a draft, because it may no longer fit.
   */
  #sendUnsent(): void {
    for (const { id, sessionId, content, mode, sentAt } of this.#unsent.list()) {
      if (Date.now() - sentAt > MAX_UNSENT_AGE_MS) {
        this.drafts.add(this.#parts.draftAddress(sessionId), content);
        this.#unsent.remove(id);
        continue;
      }
      const session = this.client.session(sessionId);
      this.#unsent.watch(session);
      session.send(content, { id, ...(mode && { mode }) }).catch((error: unknown) => this.#showUnsent(error));
    }
  }

  /** Loads the messages of the session back to the one with the number `seq`. */
  async #seek(seq: number): Promise<void> {
    const { session } = this;
    const text = this.listing.filter.text;
    this.#seeking = session;
    try {
      await untilLive(session);
      for (;;) {
        const { view } = session.getSnapshot();
        if (this.session !== session) return;
        if (!view.hasMore || (view.oldestSeq ?? 0) <= seq) break;
        await session.history({ limit: PAGE_SIZE });
      }
      this.#found = { seq, text };
    } finally {
      if (this.#seeking === session) this.#seeking = undefined;
      this.#parts.onChange();
    }
  }

  #show(session: Session): void {
    this.#problem = undefined;
    this.#shown.show(session);
  }

  #leave(sessionId: string): boolean {
    const isShown = this.session.getSnapshot().sessionId === sessionId;
    if (isShown) this.newChat();
    return isShown;
  }

  #showProblem(error: unknown): void {
    if (!ClientError.is(error)) throw error;
    const { code, message } = error;
    this.#problem = { kind: "error", key: "problem", seq: 0, runId: undefined, code, message };
    this.#parts.onChange();
  }

  /** Shows that the outbox is full. Other refused messages show their reason themselves. */
  #showUnsent(error: unknown): void {
    if (ClientError.is(error) && error.code === "OUTBOX_FULL") this.#showProblem(error);
  }
}

/** Resolves when the session has its newest messages, or never will. */
function untilLive(session: Session): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      const { phase } = session.getSnapshot();
      if (phase === "syncing" || phase === "away") return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = session.subscribe(settle);
    settle();
  });
}

/**
 * The title that the gateway gives a session after its first message, if that message is loaded.
 */
function titleOf({ items, hasMore }: SessionView): string {
  const first = hasMore ? undefined : items.find(({ kind }) => kind === "user");
  return first?.kind === "user" ? startOf(first.content) : "";
}
