import type { SessionSummary } from "@mini-openclaw/protocol";
import { AGENT_ID } from "../wire/session-key.ts";

/** A session, as OpenClaw's clients get it in lists. */
export interface SessionRow {
  readonly key: string;
  readonly kind: "direct";
  readonly sessionId: string;
  readonly agentId: string;
  readonly updatedAt: number | null;
  readonly displayName?: string;
  readonly archived?: true;
  readonly totalTokens?: number;
  readonly verboseLevel: string;
}

/** The detail in which terminals show tool calls, by session key. */
export type VerboseLevels = ReadonlyMap<string, string>;

// Otherwise a terminal shows no tool calls.
const DEFAULT_VERBOSE_LEVEL = "full";

/** Returns the row of a session without messages. */
export function toEmptyRow(key: string, sessionId: string, levels: VerboseLevels): SessionRow {
  const verboseLevel = levels.get(key) ?? DEFAULT_VERBOSE_LEVEL;
  return { key, kind: "direct", sessionId, agentId: AGENT_ID, updatedAt: null, verboseLevel };
}

/** Returns the row of a session. */
export function toSessionRow(key: string, session: SessionSummary, levels: VerboseLevels): SessionRow {
  const { sessionId, title, updatedAt, archived, usage } = session;
  return {
    key,
    kind: "direct",
    sessionId,
    agentId: AGENT_ID,
    updatedAt,
    ...(title !== "" && { displayName: title }),
    ...(archived && { archived }),
    ...(usage && { totalTokens: usage.inputTokens + usage.outputTokens }),
    verboseLevel: levels.get(key) ?? DEFAULT_VERBOSE_LEVEL,
  };
}
