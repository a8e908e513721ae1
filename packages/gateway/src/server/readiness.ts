import type { SessionStore } from "@mini-openclaw/protocol";
import { v7 as createId } from "uuid";

/** The answer to `GET /readyz`. Its status is 503 when the gateway is not ready. */
export interface Readiness {
  ready: boolean;
  /** The reasons why it is not ready. */
  failing: string[];
}

/** Checks if a gateway accepts messages. Never rejects. */
export async function readinessOf(
  store: Pick<SessionStore, "getSession">,
  isClosing: boolean,
): Promise<Readiness> {
  const failing = isClosing ? ["the gateway is stopping"] : [];
  try {
    // No session has this id. The store answers all the same if it can be read.
    await store.getSession(createId());
  } catch {
    failing.push("the store cannot be read");
  }
  return { ready: failing.length === 0, failing };
}
