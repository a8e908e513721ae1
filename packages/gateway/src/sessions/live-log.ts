import type { SessionLog, SessionStore } from "@mini-openclaw/protocol";
import type { RunnerParts } from "../run/pull-agent.ts";
import type { LiveHolds } from "./live-holds.ts";

/** What all lanes of a gateway share. */
export interface LaneParts extends RunnerParts {
  store: Pick<SessionStore, "loadMessages" | "entries" | "getSession" | "openLog">;
  /** Says that the session has begun to run, or has come to rest. */
  touch: (sessionId: string) => void;
  /** Watches for which the live events of a session are kept, though it has come to rest. */
  holds: LiveHolds;
  /** How long the log stays open when the session has come to rest. */
  idleMs: number;
}

/** The log of a session in which something runs. */
export interface LiveLog {
  readonly log: SessionLog;
  /** No live event after this number has been dropped. */
  readonly sinceSeq: number;
}
