import { invalidRequest } from "./request-error.ts";

/** The agent of all sessions. A gateway has one. */
export const AGENT_ID = "main";

/** The key of the session that clients use when they name none. */
export const MAIN_SESSION_KEY = `agent:${AGENT_ID}:main`;

/**
 * Returns the full form of a session key, as OpenClaw's gateway does. `main` and `agent:main:main`
 * are one session.
 *
 * @throws RequestError for a key of spaces
 */
export function toFullKey(key: string): string {
  const name = key.trim();
  if (name === "")
    throw invalidRequest("The key of a session must not be blank. Send `main` or another name.");
  if (name.toLowerCase() === "main") return MAIN_SESSION_KEY;
  return name.toLowerCase().startsWith("agent:") ? name : `agent:${AGENT_ID}:${name}`;
}

/** Returns true for a session of an agent. */
export function isOfAgent(sessionKey: string, agentId: string): boolean {
  return sessionKey.startsWith(`agent:${agentId.toLowerCase()}:`);
}
