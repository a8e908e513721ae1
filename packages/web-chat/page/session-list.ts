import type { Client } from "@mini-openclaw/client";
import type { SessionSummary, SessionsEvent } from "@mini-openclaw/protocol";

/** A session in the sidebar. */
export interface ListedSession {
  readonly sessionId: string;
  readonly title: string;
  readonly running: boolean;
  /** Something happened in it since it was shown here. */
  readonly isUnread: boolean;
}

/** The visitor's sessions, read again whenever something may have changed. */
export interface SessionListing {
  readonly sessions: readonly ListedSession[];
  /** Whether there are more than have been loaded. */
  readonly hasMore: boolean;
  readonly refresh: () => void;
  loadMore(): void;
  /** The page shows this much of a session. */
  saw(sessionId: string, lastSeq: number): void;
}

export interface SessionListingParts {
  client: Client;
  onChange: () => void;
  onFailure: (error: unknown) => void;
}

// Chosen: a tall window full.
const pageSize = 30;

export function createSessionListing({ client, onChange, onFailure }: SessionListingParts): SessionListing {
  let found: readonly SessionSummary[] = [];
  let cursor: string | undefined;
  const seen = new Map<string, number>();
  let phase: "idle" | "reading" | "stale" = "idle";

  /** Reads one page at a time; what changed meanwhile is read after it. */
  async function read(): Promise<void> {
    phase = "reading";
    take(await client.ask({ type: "list", limit: Math.max(pageSize, Math.min(found.length, 200)) }));
    if (stale()) await read();
    phase = "idle";
  }
  const stale = () => phase === "stale";
  function take({ sessions, cursor: next }: Pick<SessionsEvent, "sessions" | "cursor">): void {
    found = sessions;
    cursor = next;
    onChange();
  }

  return {
    get sessions() {
      return found.map(({ sessionId, title, running, lastSeq }) => {
        const seenSeq = seen.get(sessionId);
        return { sessionId, title, running, isUnread: seenSeq !== undefined && lastSeq > seenSeq };
      });
    },
    get hasMore() {
      return cursor !== undefined;
    },
    refresh: () => {
      if (phase === "idle") read().catch(onFailure);
      else phase = "stale";
    },
    loadMore() {
      if (cursor === undefined) return;
      client.ask({ type: "list", limit: pageSize, cursor }).then(({ sessions, ...rest }) => {
        const known = new Set(found.map(({ sessionId }) => sessionId));
        const added = sessions.filter(({ sessionId }) => !known.has(sessionId));
        take({ sessions: [...found, ...added], ...rest });
      }, onFailure);
    },
    saw(sessionId, lastSeq) {
      seen.set(sessionId, lastSeq);
    },
  };
}
