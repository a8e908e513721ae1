import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { SessionStore } from "@mini-openclaw/protocol";

/** An instruction that runs at an interval. */
export interface Schedule {
  everyMs: number;
  /** Runs the instruction. Resolves when the run has ended. */
  run: () => Promise<unknown>;
  onFailure: (error: unknown) => void;
}

/**
 * Runs a schedule, for the first time after one interval. Skips a turn while the previous run is
 * active. Returns a function that stops the schedule and lets an active run end.
 */
export function startSchedule({ everyMs, run, onFailure }: Schedule): () => void {
  let isRunning = false;
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    run()
      .catch(onFailure)
      .finally(() => {
        isRunning = false;
      });
  }, everyMs);
  return () => clearInterval(timer);
}

/** The key of the page's chats. Scheduled runs are in the same list. */
const PAGE_KEY = "webchat";

/**
 * Returns the session of the schedule, which a file remembers. Creates one if it is missing,
 * archived or deleted.
 *
 * The page opens the newest session of its key. If that is the schedule's, an empty session is
 * created, so that the user's next message does not enter it.
 */
export async function openScheduleSession(
  store: Pick<SessionStore, "createSession" | "getOrCreateSession" | "getSession">,
  file: string,
): Promise<string> {
  const known = readSessionId(file);
  const session = known === undefined ? undefined : await store.getSession(known);
  const sessionId = session && !session.archived ? session.sessionId : await createSession(store, file);
  const { sessionId: newest } = await store.getOrCreateSession(PAGE_KEY);
  if (newest === sessionId) await store.createSession(PAGE_KEY);
  return sessionId;
}

async function createSession(store: Pick<SessionStore, "createSession">, file: string): Promise<string> {
  const { sessionId } = await store.createSession(PAGE_KEY);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify({ sessionId })}\n`, { mode: 0o600 });
  return sessionId;
}

function readSessionId(file: string): string | undefined {
  try {
    const { sessionId } = JSON.parse(readFileSync(file, "utf8")) as { sessionId?: unknown };
    return typeof sessionId === "string" ? sessionId : undefined;
  } catch {
    // A missing or damaged file means that there is no session yet.
    return undefined;
  }
}
