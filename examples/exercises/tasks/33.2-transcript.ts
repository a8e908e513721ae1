import type { SessionStore } from "@mini-openclaw/protocol";

/** A tool call with its result. */
export interface Call {
  tool: string;
  input: unknown;
  /** Absent while the call has no result. */
  output?: string;
}

/** Returns the tool calls of a session in their order, each with its own result. */
export async function callsOf(
  _store: Pick<SessionStore, "loadMessages">,
  _sessionId: string,
): Promise<Call[]> {
  return [];
}
