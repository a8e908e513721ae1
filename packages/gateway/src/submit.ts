import type { MessageMode, RunOutcome } from "@mini-openclaw/protocol";
import type { Lanes } from "./lanes.ts";
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

/** A message that was kept. */
export interface Submitted {
  sessionId: string;
  runId: string;
  /** Resolves with the run's end; never, if it ended before the message was submitted again under its `requestId`. */
  ended: Promise<RunResult>;
}

export interface RunResult {
  outcome: RunOutcome;
  /** All text of the run, joined. */
  content: string;
}

/** Submits a message and follows its run to the end. Rejects as `Lanes.submit` does. */
export async function submitMessage(
  { lanes, watchers }: { lanes: Lanes; watchers: Watchers },
  { sessionId, ...message }: Submission,
): Promise<Submitted> {
  const ends = new RunEnds();
  // Watched before it is submitted: a run may end before its caller hears that it began.
  const unwatch = watchers.watch(sessionId, ({ event }) => {
    if (event.type === "message_done") ends.said(event.runId, event.content);
    if (event.type === "run_end") ends.ended(event.runId, event.outcome);
  });
  try {
    const { runId } = await lanes.submit(sessionId, message);
    return { sessionId, runId, ended: ends.of(runId).finally(unwatch) };
  } catch (error) {
    unwatch();
    throw error;
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
