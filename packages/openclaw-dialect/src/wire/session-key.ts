import { mustBe } from "@mini-openclaw/protocol/shared";
import { invalidRequest } from "./request-error.ts";

/** The agent of all sessions. A gateway has one. */
export const AGENT_ID = "main";

/** The key of the session that clients use when they name none. */
export const MAIN_SESSION_KEY = `agent:${AGENT_ID}:main`;

/**
 * Returns the full form of a session key, as OpenClaw's gateway does. `main` and `agent:main:main`
 * are one session. A short key is one of the agent that the client names.
 *
 * @throws RequestError for a key of spaces, or of another agent
 */
export function toFullKey(key: string, agentId?: string): string {
  const name = key.trim();
  const agent = (agentId ?? AGENT_ID).trim().toLowerCase();
  if (name === "")
    throw invalidRequest("The key of a session must not be blank. Send `main` or another name.");
  if (name.toLowerCase() === "main") return `agent:${agent}:main`;
  if (!name.toLowerCase().startsWith("agent:")) return `agent:${agent}:${name}`;
  if (agentId !== undefined && !isOfAgent(name.toLowerCase(), agent))
    throw invalidRequest(mustBe("agentId", "the agent of the session's key, or absent", agentId));
  return name;
}

/** Returns true for a session of an agent. */
export function isOfAgent(sessionKey: string, agentId: string): boolean {
  return sessionKey.startsWith(`agent:${agentId.toLowerCase()}:`);
}
