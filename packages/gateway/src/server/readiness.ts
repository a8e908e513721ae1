import type { SessionStore } from "@mini-openclaw/protocol";
import { v7 as createId } from "uuid";

/** What `GET /readyz` answers; 503 when not ready. */
export interface Readiness {
  ready: boolean;
  /** What is missing; empty when ready. */
  failing: string[];
}

/** Whether a gateway takes messages. Never rejects. */
export async function readinessOf(
  store: Pick<SessionStore, "getSession">,
  isClosing: boolean,
): Promise<Readiness> {
  const failing = isClosing ? ["the gateway is stopping"] : [];
  try {
    // That there is no such session is an answer.
    await store.getSession(createId());
  } catch {
    failing.push("the store cannot be read");
  }
  return { ready: failing.length === 0, failing };
}
