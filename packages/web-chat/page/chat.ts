import {
  type Client,
  ClientError,
  connect,
  type SendOptions,
  type Session,
  type WatchedEvent,
} from "@mini-openclaw/client";
import type { ErrorItem, FoundSession, SessionView } from "@mini-openclaw/protocol";
import { createDrafts, type Drafts, tabStorage } from "./composer/drafts.ts";
import { storedText } from "./dom/local-storage.ts";
import type { Notice } from "./dom/notice.ts";
import { startOf } from "./dom/start-of.ts";
import { createSeenSessions, type SeenSessions } from "./sessions/seen-sessions.ts";
import { createSessionActions, type SessionActions } from "./sessions/session-actions.ts";
import { createSessionListing, type SessionListing } from "./sessions/session-list.ts";
import { createShownSession } from "./sessions/shown-session.ts";

/** What the page knows and can do, whatever it looks like and whichever language it speaks. */
export interface Chat {
  readonly client: Client;
  /** The session that is shown. */
  readonly session: Session;
  readonly listing: SessionListing;
  readonly seen: SeenSessions;
  readonly drafts: Drafts;
  readonly actions: SessionActions;
  /** What the gateway last told of it, if it did. */
  readonly summary: FoundSession | undefined;
  /** Its title; empty while it has none. */
  readonly title: string;
  /** What went wrong beside the session, if anything did. */
  readonly problem: ErrorItem | undefined;
  /** Whether a new session was asked for and is not there yet: what is sent now would go to the one before. */
  readonly isBeginning: boolean;
  /** Shows another session; without an id, the one that the gateway begins this visitor in. */
  open(sessionId: string | undefined): void;
  newChat(): void;
  send(content: string, options?: SendOptions): void;
  readonly sendAgain: (id: string) => void;
  /** Answers anew what the newest run of the session answered. */
  readonly retry: (runId: string) => void;
  readonly loadEarlier: () => void;
  /** Begins a new session with what was said up to `seq` in the one that is shown, shows it and says so. */
  readonly forkAt: (seq: number) => void;
}

export interface ChatParts {
  url: string;
  /** Asked after a connection could not be made; see `connect`. */
  mayRetry: () => Promise<boolean>;
  firstSessionId: string | undefined;
  onChange: () => void;
  /** Goes to a session's address, which opens it. */
  goTo: (sessionId: string) => void;
  /** A new session is shown, which has no address before its first message. */
  onNewChat: () => void;
  onEvent: (event: WatchedEvent) => void;
  onNotice: (notice: Notice) => void;
}

export function createChat(parts: ChatParts): Chat {
  const { onChange } = parts;
  let problem: ErrorItem | undefined;
  let beginningCount = 0;
  const client = connect({
    url: parts.url,
    mayRetry: parts.mayRetry,
    // The banner shows the state of the connection.
    onFailure: (error) => void (error.code !== "CONNECT_FAILED" && showProblem(error)),
  });
  const shown = createShownSession({
    first: client.session(parts.firstSessionId),
    onChange,
    onEvent: parts.onEvent,
  });
  const seen = createSeenSessions(storedText("mini-openclaw.seen"));
  const listing = createSessionListing({ client, seen, onChange, onFailure: showProblem });
  const actions = createSessionActions({
    client,
    listing,
    seen,
    goTo: parts.goTo,
    leave,
    tell: parts.onNotice,
  });

  function show(session: Session): void {
    problem = undefined;
    shown.show(session);
  }
  function newChat(): void {
    beginningCount += 1;
    onChange();
    const begun = client.create().finally(() => {
      beginningCount -= 1;
    });
    begun.then((session) => {
      parts.onNewChat();
      show(session);
    }, showProblem);
  }
  function leave(sessionId: string): boolean {
    const isShown = shown.session.getSnapshot().sessionId === sessionId;
    if (isShown) newChat();
    return isShown;
  }
  function showProblem(error: unknown): void {
    if (!ClientError.is(error)) throw error;
    const { code, message } = error;
    problem = { kind: "error", key: "problem", seq: 0, runId: undefined, code, message };
    onChange();
  }
  /** Refused messages are shown with their reason, where they stand. */
  function showUnsent(error: unknown): void {
    if (ClientError.is(error) && error.code === "OUTBOX_FULL") showProblem(error);
  }

  client.onSessionChange(listing.hear);
  return {
    client,
    listing,
    seen,
    drafts: createDrafts(tabStorage()),
    actions,
    newChat,
    open: (sessionId) => show(client.session(sessionId)),
    get session() {
      return shown.session;
    },
    get summary() {
      const { sessionId = "" } = shown.session.getSnapshot();
      return listing.find(sessionId);
    },
    get title() {
      const { view } = shown.session.getSnapshot();
      return view.title || this.summary?.title || firstWordsOf(view);
    },
    get problem() {
      return problem;
    },
    get isBeginning() {
      return beginningCount > 0;
    },
    send(content, options) {
      problem = undefined;
      shown.session.send(content, options).catch(showUnsent);
    },
    retry(runId) {
      problem = undefined;
      shown.session.retry(runId).catch(showProblem);
    },
    sendAgain: (id) => void shown.session.sendAgain(id).catch(showUnsent),
    loadEarlier: () => void shown.session.history().catch(showProblem),
    forkAt(seq) {
      const { sessionId } = shown.session.getSnapshot();
      if (sessionId !== undefined) actions.forkAt(sessionId, seq);
    },
  };
}

/** What the gateway names a session after, if its beginning is there: the list may not go back to it. */
function firstWordsOf({ items, hasMore }: SessionView): string {
  const first = hasMore ? undefined : items.find(({ kind }) => kind === "user");
  return first?.kind === "user" ? startOf(first.content) : "";
}
