import type { MessageMode, RunOutcome, SessionStore } from "@mini-openclaw/protocol";
import { isMessageEntry } from "@mini-openclaw/protocol";
import type { Lanes } from "./lanes.ts";
import type { Accepted } from "./submitted.ts";
import type { Watchers } from "./watchers.ts";

/** A message that comes from inside the process: from a schedule, an HTTP handler, a test. */
export interface Submission {
  sessionId: string;
  content: string;
  /** A message with the same one, among the session's last 1,000, runs once. */
  requestId?: string;
  /** @default "queue" */
  mode?: MessageMode;
}

/** A retry that comes from inside the process. */
export interface RetrySubmission {
  sessionId: string;
  /** The session's newest run. */
  runId: string;
  /** A retry with the same one runs once, for as long as this process remembers: the session's last 1,000. */
  requestId?: string;
}

/** A message or retry that was kept. */
export interface Submitted {
  sessionId: string;
  runId: string;
  /** Resolves with the run's end. */
  ended: Promise<RunResult>;
}

export interface RunResult {
  outcome: RunOutcome;
  /** All text of the run, joined. */
  content: string;
}

/** What following a run needs. */
export interface SubmitParts {
  store: Pick<SessionStore, "entries">;
  lanes: Lanes;
  watchers: Watchers;
}

/** Gets a run accepted and follows it to the end. Rejects as `accept` does, and when the store cannot be read. */
export async function followRun(
  { store, lanes, watchers }: SubmitParts,
  sessionId: string,
  accept: (lanes: Lanes) => Promise<Accepted>,
): Promise<Submitted> {
  const ends = new RunEnds();
  // Watched before it is submitted: a run may end before its caller hears that it began.
  const unwatch = watchers.watch(sessionId, ({ event }) => {
    if (event.type === "message_done") ends.said(event.runId, event.content);
    if (event.type === "run_end") ends.ended(event.runId, event.outcome);
  });
  try {
    const { runId } = await accept(lanes);
    const ended = ends.of(runId).finally(unwatch);
    // A run that was submitted before, under the same id, may have ended before it was watched.
    if (!lanes.hasRun(sessionId, runId)) await readEnd(store, { sessionId, runId }, ends);
    return { sessionId, runId, ended };
  } catch (error) {
    unwatch();
    throw error;
  }
}

async function readEnd(
  store: Pick<SessionStore, "entries">,
  { sessionId, runId }: { sessionId: string; runId: string },
  ends: RunEnds,
): Promise<void> {
  let content = "";
  for await (const entry of store.entries(sessionId)) {
    if (!("runId" in entry) || entry.runId !== runId) continue;
    if (!isMessageEntry(entry)) {
      ends.said(runId, content);
      return ends.ended(runId, entry.outcome);
    }
    if (entry.role === "assistant") content += entry.content;
  }
}

/** The ends of a session's runs, whichever comes first: the end or the question. */
class RunEnds {
  readonly #contents = new Map<string, string>();
  readonly #results = new Map<string, RunResult>();
  #runId: string | undefined;
  #resolve: (result: RunResult) => void = () => undefined;

  said(runId: string, content: string): void {
    this.#contents.set(runId, content);
  }

  ended(runId: string, outcome: RunOutcome): void {
    const result = { outcome, content: this.#contents.get(runId) ?? "" };
    if (runId === this.#runId) this.#resolve(result);
    else if (this.#runId === undefined) this.#results.set(runId, result);
  }

  of(runId: string): Promise<RunResult> {
    this.#runId = runId;
    const known = this.#results.get(runId);
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}
