import type { SessionSummary } from "@mini-openclaw/protocol";
import type { StoredText } from "../dom/local-storage.ts";

/** The newest event of each session that this browser has shown, in all its tabs. */
export interface SeenSessions {
  /**
   * Returns true if a session has newer events. A session counts as seen when it is first listed.
   */
  isUnread(session: Pick<SessionSummary, "sessionId" | "lastSeq">): boolean;
  listed(sessions: readonly Pick<SessionSummary, "sessionId" | "lastSeq">[]): void;
  /** Records that the events up to `lastSeq` were shown, or came from this visitor. */
  saw(sessionId: string, lastSeq: number): void;
  /** Reads what another tab has recorded. */
  readonly reload: () => void;
}

// More than anybody scrolls through; about 25 kB.
const MAX_SESSIONS = 500;

/**
 * Creates the record. `memory` holds a JSON object from session id to `seq`, the newest one last.
 */
export function createSeenSessions(memory: StoredText): SeenSessions {
  const seen = new Map<string, number>();

  function reload(): void {
    for (const [sessionId, seq] of parse(memory.read())) note(sessionId, seq);
  }
  /** Returns true if the record changed. */
  function note(sessionId: string, seq: number): boolean {
    const before = seen.get(sessionId);
    if (before !== undefined && before >= seq) return false;
    seen.delete(sessionId);
    seen.set(sessionId, seq);
    return true;
  }
  function keep(): void {
    reload();
    memory.write(JSON.stringify(Object.fromEntries([...seen].slice(-MAX_SESSIONS))));
  }
  reload();

  return {
    isUnread: ({ sessionId, lastSeq }) => lastSeq > (seen.get(sessionId) ?? lastSeq),
    listed(sessions) {
      const unknown = sessions.filter(({ sessionId }) => !seen.has(sessionId));
      for (const { sessionId, lastSeq } of unknown) note(sessionId, lastSeq);
      if (unknown.length > 0) keep();
    },
    saw(sessionId, lastSeq) {
      if (note(sessionId, lastSeq)) keep();
    },
    reload,
  };
}

function parse(text: string | undefined): [string, number][] {
  try {
    const kept: unknown = JSON.parse(text ?? "{}");
    if (typeof kept !== "object" || kept === null) return [];
    return Object.entries(kept).filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]));
  } catch {
    // The stored text is damaged. All sessions count as seen then.
    return [];
  }
}
