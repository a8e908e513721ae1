import type { Client, SessionChange } from "@mini-openclaw/client";
import type { FoundSession, ListCommand, SearchCommand, SessionsEvent } from "@mini-openclaw/protocol";
import type { SeenSessions } from "./seen-sessions.ts";

/** A session in the sidebar. */
export type ListedSession = FoundSession & {
  /** Something happened in it since it was shown here. */
  readonly isUnread: boolean;
};

/** Which sessions are listed. */
export interface SessionFilter {
  /** Those that were put away, instead of the others. */
  readonly archived: boolean;
  /** Only those with this in their title or messages; empty: all. */
  readonly text: string;
}

/** The visitor's sessions, read again whenever something may have changed. */
export interface SessionListing {
  readonly sessions: readonly ListedSession[];
  /** Whether there are more than have been loaded. */
  readonly hasMore: boolean;
  readonly filter: SessionFilter;
  /** What `sessions` were read for; `undefined` before the first answer. Behind `filter` until the next one is there. */
  readonly shownFilter: SessionFilter | undefined;
  readonly refresh: () => void;
  /** What was last told of a session, whether it is listed now or not. */
  find(sessionId: string): FoundSession | undefined;
  /** A session has changed or is gone. */
  readonly hear: (change: SessionChange) => void;
  loadMore(): void;
  /** Lists others from now on. */
  show(filter: Partial<SessionFilter>): void;
  /** Shows a new title before the gateway has it. */
  retitle(sessionId: string, title: string): void;
}

export interface SessionListingParts {
  client: Pick<Client, "ask">;
  seen: SeenSessions;
  onChange: () => void;
  onFailure: (error: unknown) => void;
}

// Chosen: a tall window full.
const pageSize = 30;
// What the protocol allows.
const maxPageSize = 200;

export function createSessionListing({
  client,
  seen,
  onChange,
  onFailure,
}: SessionListingParts): SessionListing {
  let found: readonly FoundSession[] = [];
  const known = new Map<string, FoundSession>();
  let cursor: string | undefined;
  let filter: SessionFilter = { archived: false, text: "" };
  let shownFilter: SessionFilter | undefined;
  let reading: AbortController | undefined;
  let isStale = false;

  /** Reads one list at a time; what changed meanwhile is read after it. */
  function refresh(): void {
    if (reading) isStale = true;
    else void read(filter);
  }
  async function read(asked: SessionFilter): Promise<void> {
    reading = new AbortController();
    const { signal } = reading;
    try {
      const answer = await client.ask<"list" | "search">(
        question(asked, asked === shownFilter ? found.length : 0),
        { signal },
      );
      shownFilter = asked;
      take(answer);
    } catch (error) {
      // Another list is wanted now.
      if (signal.aborted) return;
      onFailure(error);
    }
    reading = undefined;
    if (!isStale) return;
    isStale = false;
    refresh();
  }
  function take({ sessions, cursor: next }: Pick<SessionsEvent, "sessions" | "cursor">): void {
    found = sessions;
    sessions.forEach(keep);
    cursor = next;
    seen.listed(sessions);
    onChange();
  }

  function keep(session: FoundSession): void {
    known.set(session.sessionId, session);
  }

  return {
    find: (sessionId) => known.get(sessionId),
    hear(change) {
      if (change.type === "session_summary") keep(change);
      else known.delete(change.sessionId);
      refresh();
    },
    get sessions() {
      return found.map((session) => ({ ...session, isUnread: seen.isUnread(session) }));
    },
    get hasMore() {
      return cursor !== undefined;
    },
    get filter() {
      return filter;
    },
    get shownFilter() {
      return shownFilter;
    },
    refresh,
    loadMore() {
      if (cursor === undefined) return;
      const asked = filter;
      const next = { ...question(asked, 0), cursor };
      client.ask<"list" | "search">(next).then(({ sessions, ...rest }) => {
        if (asked !== filter) return;
        const known = new Set(found.map(({ sessionId }) => sessionId));
        const added = sessions.filter(({ sessionId }) => !known.has(sessionId));
        take({ sessions: [...found, ...added], ...rest });
      }, onFailure);
    },
    show(next) {
      filter = { ...filter, ...next };
      cursor = undefined;
      reading?.abort();
      reading = undefined;
      isStale = false;
      refresh();
      onChange();
    },
    retitle(sessionId, title) {
      found = found.map((session) => (session.sessionId === sessionId ? { ...session, title } : session));
      found.forEach(keep);
      onChange();
    },
  };
}

/** Asks for as many as have been loaded, or for a page. */
function question(filter: SessionFilter, loaded: number): ListCommand | SearchCommand {
  const { text } = filter;
  const page = { limit: Math.max(pageSize, Math.min(loaded, maxPageSize)), ...shelf(filter) };
  return text === "" ? { type: "list", ...page } : { type: "search", text, ...page };
}

function shelf({ archived }: SessionFilter): { archived?: true } {
  return archived ? { archived } : {};
}
