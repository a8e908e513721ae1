import type { SessionLog, SessionStore } from "@mini-openclaw/protocol";
import type { RunnerParts } from "../run/pull-agent.ts";

/** What all lanes of a gateway share. */
export interface LaneParts extends RunnerParts {
  store: Pick<SessionStore, "loadMessages" | "entries" | "getSession" | "openLog">;
  /** Says that the session has begun to run, or has come to rest. */
  touch: (sessionId: string) => void;
  /** How long the log stays open when the session has come to rest. */
  idleMs: number;
}

/** The log of a session in which something runs. */
export interface LiveLog {
  readonly log: SessionLog;
  /** No live event after this number has been dropped. */
  readonly sinceSeq: number;
}
