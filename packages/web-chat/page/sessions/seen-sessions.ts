import type { SessionSummary } from "@mini-openclaw/protocol";
import type { StoredText } from "../dom/local-storage.ts";

/** How far this browser has seen each session, in all its tabs and after a reload. */
export interface SeenSessions {
  /** Whether something happened in it since. A session that was never shown counts as seen when it is first listed. */
  isUnread(session: Pick<SessionSummary, "sessionId" | "lastSeq">): boolean;
  listed(sessions: readonly Pick<SessionSummary, "sessionId" | "lastSeq">[]): void;
  /** This much of it was shown, or changed by this visitor. */
  saw(sessionId: string, lastSeq: number): void;
  /** Takes up what another tab has seen. */
  readonly reload: () => void;
}

// Chosen: more than a sidebar is ever scrolled through; some 25 kB.
const maxSessions = 500;

/** `memory` keeps one JSON object, session id → `seq`, the one seen last at the end. */
export function createSeenSessions(memory: StoredText): SeenSessions {
  const seen = new Map<string, number>();

  function reload(): void {
    for (const [sessionId, seq] of parse(memory.read())) note(sessionId, seq);
  }
  /** Whether that is news. */
  function note(sessionId: string, seq: number): boolean {
    const before = seen.get(sessionId);
    if (before !== undefined && before >= seq) return false;
    seen.delete(sessionId);
    seen.set(sessionId, seq);
    return true;
  }
  function keep(): void {
    reload();
    memory.write(JSON.stringify(Object.fromEntries([...seen].slice(-maxSessions))));
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
    // Somebody else's, or cut short: what was unread is read then.
    return [];
  }
}
