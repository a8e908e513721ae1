import type { Cluster, SessionStore } from "@mini-openclaw/protocol";
import { isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { discard } from "../shared/async-iterables.ts";
import { requireSync } from "../shared/callbacks.ts";
import { createId } from "../shared/create-id.ts";

/** The answer to `GET /readyz`. Its status is 503 when the gateway is not ready. */
export interface Readiness {
  ready: boolean;
  /** The reasons why it is not ready. */
  failing: string[];
  /** The states of the app's parts, if it reports any. */
  parts?: PartStatus[];
}

/** The state of a part of the app, for people. */
export interface PartStatus {
  name: string;
  state: "ok" | "starting" | "failed";
  /** More about the state, such as the reason of a failure. Only callers with the token get it. */
  detail?: string;
}

/**
 * Returns the parts as a caller may see them. A reason of a failure may quote the output of a
 * program, so that it is for callers with the token. Never throws.
 */
export function visibleParts(
  parts: () => readonly PartStatus[],
  { isTrusted, onFailure }: { isTrusted: boolean; onFailure: (error: unknown, during: string) => void },
): PartStatus[] {
  try {
    const states: unknown = requireSync(parts(), "parts");
    if (!Array.isArray(states) || !states.every(isPart)) {
      discard(states);
      throw new TypeError(mustBe("parts", PARTS, states));
    }
    // Other fields might have secrets, or values that JSON does not have.
    return states.map(({ name, state, detail }) => ({
      name,
      state,
      ...(isTrusted && detail !== undefined && { detail }),
    }));
  } catch (error) {
    onFailure(error, "parts");
    return [];
  }
}

const PARTS = "a function that returns a list of parts with the texts `name`, `state` and maybe `detail`";

function isPart(part: unknown): part is PartStatus {
  if (!isRecord(part)) return false;
  const { name, state, detail } = part;
  return [name, state, detail ?? ""].every((text) => typeof text === "string");
}

/**
 * Checks if a gateway accepts messages. A node of a cluster knows it from its last sign of life. So
 * a read that waits behind others on a busy node is no reason to leave it out. Never rejects.
 */
export async function readinessOf(
  store: Pick<SessionStore, "getSession">,
  isClosing: boolean,
  cluster?: Pick<Cluster, "isAlive">,
): Promise<Readiness> {
  const failing = isClosing ? ["the gateway is stopping"] : [];
  if (cluster) {
    if (!isAlive(cluster)) failing.push("the gateway was cut off from its cluster");
    return { ready: failing.length === 0, failing };
  }
  try {
    // No session has this id. The store answers all the same if it can be read.
    await store.getSession(createId());
  } catch {
    failing.push("the store cannot be read");
  }
  return { ready: failing.length === 0, failing };
}

/** A cluster that throws counts as cut off. */
function isAlive(cluster: Pick<Cluster, "isAlive">): boolean {
  try {
    return cluster.isAlive;
  } catch {
    return false;
  }
}
