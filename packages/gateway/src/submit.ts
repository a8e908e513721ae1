import type {
  MessageMode,
  NumberedEvent,
  RunEndEvent,
  RunOutcome,
  SessionStore,
  Usage,
} from "@mini-openclaw/protocol";
import { isMessageEntry } from "@mini-openclaw/protocol";
import { findRunStart } from "./find-run-start.ts";
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
  /** Tokens, of all its turns. */
  usage: Usage;
  /** In US dollars; absent where the price of a model that it asked is not known. */
  costUsd?: number;
  /** Why it failed; absent where it did not, and when it had ended before its message was submitted again. */
  error?: RunFailure;
}

/** Why a run failed: branch on `code`. */
export interface RunFailure {
  code: string;
  message: string;
  retryable: boolean;
}

/** What following a run needs. */
export interface SubmitParts {
  store: Pick<SessionStore, "entries" | "loadMessages">;
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
  const unwatch = watchers.watch(sessionId, ({ event }) => ends.see(event));
  try {
    const { runId } = await accept(lanes);
    const ended = ends.of(runId).finally(unwatch);
    // A run that was submitted before, under the same id, may have ended before it was watched.
    if (!ends.has(runId) && !lanes.hasRun(sessionId, runId)) await readEnd(store, { sessionId, runId }, ends);
    return { sessionId, runId, ended };
  } catch (error) {
    unwatch();
    throw error;
  }
}

async function readEnd(
  store: SubmitParts["store"],
  { sessionId, runId }: { sessionId: string; runId: string },
  ends: RunEnds,
): Promise<void> {
  const after = (await findRunStart(store, sessionId, runId)) ?? 0;
  let content = "";
  for await (const entry of store.entries(sessionId, { after })) {
    if (!("runId" in entry) || entry.runId !== runId) continue;
    if (!isMessageEntry(entry)) {
      ends.said(runId, content);
      return ends.ended(entry);
    }
    if (entry.role === "assistant") content += entry.content;
  }
}

/** The ends of a session's runs, whichever comes first: the end or the question. */
class RunEnds {
  readonly #contents = new Map<string, string>();
  readonly #failures = new Map<string, RunFailure>();
  readonly #results = new Map<string, RunResult>();
  #runId: string | undefined;
  #resolve: (result: RunResult) => void = () => undefined;

  see(event: NumberedEvent): void {
    if (event.type === "message_done") this.said(event.runId, event.content);
    if (event.type === "error") {
      const { runId, code, message, retryable } = event;
      this.#failures.set(runId, { code, message, retryable });
    }
    if (event.type === "run_end") this.ended(event);
  }

  said(runId: string, content: string): void {
    this.#contents.set(runId, content);
  }

  ended({ runId, outcome, usage, costUsd }: Omit<RunEndEvent, "type">): void {
    const error = this.#failures.get(runId);
    const result = {
      outcome,
      content: this.#contents.get(runId) ?? "",
      usage,
      ...(costUsd !== undefined && { costUsd }),
      ...(error && { error }),
    };
    this.#contents.delete(runId);
    this.#failures.delete(runId);
    if (runId === this.#runId) this.#resolve(result);
    else if (this.#runId === undefined) this.#results.set(runId, result);
  }

  /** Whether the run has ended since it was looked out for. */
  has(runId: string): boolean {
    return this.#results.has(runId);
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
