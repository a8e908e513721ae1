import type { Client, SessionChange } from "@mini-openclaw/client";
import type { FoundSession, ListCommand, SearchCommand } from "@mini-openclaw/protocol";
import type { SeenSessions } from "./seen-sessions.ts";

/** A session in the sidebar. */
export type ListedSession = FoundSession & {
  /** True if the session changed since it was shown here. */
  readonly isUnread: boolean;
};

/** The filter of the list. */
export interface SessionFilter {
  /** Lists the archived sessions instead of the others. */
  readonly archived: boolean;
  /** Lists the sessions with this text in a title or a message. An empty text lists all. */
  readonly text: string;
}

export interface SessionListingParts {
  client: Pick<Client, "ask">;
  seen: SeenSessions;
  onChange: () => void;
  onFailure: (error: unknown) => void;
}

// As many as a tall window shows.
const PAGE_SIZE = 30;
// The limit of the protocol.
const MAX_PAGE_SIZE = 200;

/** A loaded list, and the filter that it was loaded for. */
interface LoadedList {
  readonly filter: SessionFilter;
  readonly sessions: readonly FoundSession[];
  /** Absent on the last page. */
  readonly cursor: string | undefined;
}

/** The visitor's sessions. The list is read again whenever something may have changed. */
export class SessionListing {
  readonly #parts: SessionListingParts;
  /** The newest summary of every session, whether it is listed now or not. */
  readonly #known = new Map<string, FoundSession>();
  #filter: SessionFilter = { archived: false, text: "" };
  #loaded: LoadedList | undefined;
  /** The read in progress. */
  #reading: AbortController | undefined;
  /** True if something changed during the read in progress. */
  #isStale = false;

  constructor(parts: SessionListingParts) {
    this.#parts = parts;
  }

  get sessions(): readonly ListedSession[] {
    const { seen } = this.#parts;
    return (this.#loaded?.sessions ?? []).map((session) => ({
      ...session,
      isUnread: seen.isUnread(session),
    }));
  }

  /** True if the gateway has more sessions than are loaded. */
  get hasMore(): boolean {
    return this.#loaded?.cursor !== undefined && this.#loaded.filter === this.#filter;
  }

  get filter(): SessionFilter {
    return this.#filter;
  }

  /**
   * The filter of the loaded list. It is `undefined` before the first answer, and may be older than
   * `filter`.
   */
  get shownFilter(): SessionFilter | undefined {
    return this.#loaded?.filter;
  }

  /** The sessions that wait for an approval, listed or not; the one that waits longest is first. */
  get asking(): readonly FoundSession[] {
    return [...this.#known.values()]
      .filter(({ awaitsApproval }) => awaitsApproval === true)
      .sort((one, other) => one.updatedAt - other.updatedAt);
  }

  /** Returns the newest summary of a session, if there is one. */
  find(sessionId: string): FoundSession | undefined {
    return this.#known.get(sessionId);
  }

  /** Updates the list with a change of a session. */
  update(change: SessionChange): void {
    if (change.type === "session_deleted") this.#known.delete(change.sessionId);
    else this.#keep(change);
    this.refresh();
  }

  /** Reads the list again, after the read in progress if there is one. */
  refresh(): void {
    if (this.#reading) this.#isStale = true;
    else void this.#read(this.#filter);
  }

  /** Reads again what may have changed while there was no connection. */
  renew(): void {
    this.refresh();
    if (this.#filter.text !== "" || this.#filter.archived || this.asking.length > 0) void this.#readAsking();
  }

  loadMore(): void {
    const { cursor, filter, sessions: before = [] } = this.#loaded ?? {};
    if (cursor === undefined || filter !== this.#filter) return;
    this.#parts.client
      .ask<"list" | "search">({ ...question(this.#filter, 0), cursor })
      .then(({ sessions, ...rest }) => {
        if (filter !== this.#filter) return;
        const known = new Set(before.map(({ sessionId }) => sessionId));
        const added = sessions.filter(({ sessionId }) => !known.has(sessionId));
        this.#show({ filter, cursor: rest.cursor, sessions: [...before, ...added] });
      }, this.#parts.onFailure);
  }

  /** Lists other sessions from now on. */
  show(filter: Partial<SessionFilter>): void {
    this.#filter = { ...this.#filter, ...filter };
    this.#reading?.abort();
    this.#reading = undefined;
    this.#isStale = false;
    this.refresh();
    this.#parts.onChange();
  }

  /** Shows a new title before the gateway has saved it. */
  retitle(sessionId: string, title: string): void {
    if (!this.#loaded) return;
    const sessions = this.#loaded.sessions.map((one) =>
      one.sessionId === sessionId ? { ...one, title } : one,
    );
    this.#show({ ...this.#loaded, sessions });
  }

  async #read(filter: SessionFilter): Promise<void> {
    const reading = new AbortController();
    this.#reading = reading;
    const { client, onFailure } = this.#parts;
    const loadedCount = this.#loaded?.filter === filter ? this.#loaded.sessions.length : 0;
    try {
      const command = question(filter, loadedCount);
      const { sessions, cursor } = await client.ask<"list" | "search">(command, { signal: reading.signal });
      this.#show({ filter, sessions, cursor });
    } catch (error) {
      // Another list was requested meanwhile.
      if (reading.signal.aborted) return;
      onFailure(error);
    }
    this.#reading = undefined;
    if (!this.#isStale) return;
    this.#isStale = false;
    this.refresh();
  }

  /** Reads which sessions wait for an approval. A search or the archive may list none of them. */
  async #readAsking(): Promise<void> {
    const { client, onFailure, onChange } = this.#parts;
    const before = this.asking;
    try {
      const { sessions } = await client.ask<"list">({ type: "list", limit: MAX_PAGE_SIZE });
      for (const session of before) {
        // A change that came meanwhile is newer than this answer.
        const isOld = this.#known.get(session.sessionId) === session;
        if (isOld) this.#keep({ ...session, awaitsApproval: false });
      }
      for (const session of sessions) this.#keep(session);
      onChange();
    } catch (error) {
      onFailure(error);
    }
  }

  #show(loaded: LoadedList): void {
    this.#loaded = loaded;
    for (const session of loaded.sessions) this.#keep(session);
    this.#parts.seen.listed(loaded.sessions);
    this.#parts.onChange();
  }

  #keep(session: FoundSession): void {
    this.#known.set(session.sessionId, session);
  }
}

/** Returns the command for as many sessions as are loaded, or for a page. */
function question(filter: SessionFilter, loaded: number): ListCommand | SearchCommand {
  const { text } = filter;
  const page = {
    limit: Math.max(PAGE_SIZE, Math.min(loaded, MAX_PAGE_SIZE)),
    ...(filter.archived && { archived: true as const }),
  };
  return text === "" ? { type: "list", ...page } : { type: "search", text, ...page };
}
