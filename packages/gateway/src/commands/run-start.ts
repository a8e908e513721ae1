import { isMessageEntry, type RunEndEntry, type SessionStore } from "@mini-openclaw/protocol";
import type { SessionRuns } from "../cluster/session-runs.ts";
import { findRunStart } from "../run/load-messages.ts";
import { GatewayError } from "../shared/errors.ts";

/** Parts of a gateway that know where runs begin. */
interface StartDeps {
  store: Pick<SessionStore, "loadMessages">;
  queues: Pick<SessionRuns, "startOf" | "hasRun" | "live">;
}

/**
 * Returns the number before the first event of a run.
 *
 * @throws GatewayError `RUN_NOT_FOUND` for a run that is not among the latest ones of the session
 */
export async function findStart(
  { store, queues }: StartDeps,
  sessionId: string,
  runId: string,
): Promise<number> {
  const start = (await queues.startOf(sessionId, runId)) ?? (await findRunStart(store, sessionId, runId));
  if (start !== undefined) return start;
  // The events of a run that waits are still live.
  if (await queues.hasRun(sessionId, runId)) return (await queues.live(sessionId))?.sinceSeq ?? 0;
  throw new GatewayError(
    "RUN_NOT_FOUND",
    "`runId` must be one of the session's latest runs. There is no such run.",
  );
}

/** Returns the end of a run, or `undefined` for a run without one. */
export async function findRunEnd(
  store: Pick<SessionStore, "loadMessages" | "entries">,
  sessionId: string,
  runId: string,
): Promise<RunEndEntry | undefined> {
  const after = (await findRunStart(store, sessionId, runId)) ?? 0;
  for await (const entry of store.entries(sessionId, { after })) {
    if (!isMessageEntry(entry) && entry.type === "run_end" && entry.runId === runId) return entry;
  }
  return undefined;
}
