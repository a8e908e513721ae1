import type {
  MessageMode,
  NumberedEvent,
  RunEndEvent,
  RunFailure,
  RunOutcome,
  SessionMeta,
  SessionStore,
  Usage,
} from "@mini-openclaw/protocol";
import { isMessageEntry } from "@mini-openclaw/protocol";
import { defaultSessionKey } from "../auth/authenticate.ts";
import { findRunStart } from "../run/find-run-start.ts";
import type { Accepted } from "../run/run-cause.ts";
import type { Lanes } from "../sessions/sessions.ts";
import { endNotKept } from "../shared/errors.ts";
import { type Principal, requireId } from "../shared/principal.ts";
import type { Watchers } from "../watch/watchers.ts";
import { findOrCreateOwnSession } from "./own-session.ts";

/** A message that comes from inside the process: from a schedule, an HTTP handler, a test. */
export type Submission = SubmissionFields &
  ({ sessionId: string } | { key: string } | { principal: Principal });

interface SubmissionFields {
  /** Where it goes. */
  sessionId?: string;
  /** Instead: it goes to the newest open session of this key, or to a new one. */
  key?: string;
  /**
   * With a key: the message goes to the newest open session of that key that this principal owns, or to a new one of the
   * principal. Without: the key is `webchat:<principal.id>`.
   */
  principal?: Principal;
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
  /** A retry with the same one, among the session's last 1,000, runs once. */
  requestId?: string;
}

/** A message or retry that was kept. */
export interface Submitted {
  sessionId: string;
  runId: string;
  /**
   * Resolves with the run's end. Rejects with the GatewayError `STORE_FAILED` when that could not be kept, as on a full disk; and
   * as the store does when it cannot be read.
   */
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
  /** Why it failed, or which limit ended it; absent where it did neither. */
  error?: RunFailure;
}

/** What following a run needs. */
export interface SubmitParts {
  store: Pick<
    SessionStore,
    "entries" | "loadMessages" | "getOrCreateSession" | "createSession" | "listSessions"
  >;
  lanes: Lanes;
  watchers: Watchers;
}

/**
 * Gets a message accepted and follows its run to the end.
 *
 * @throws TypeError for a principal without an id
 */
export async function submitMessage(
  parts: SubmitParts,
  { sessionId: given, key, principal, ...message }: Submission,
): Promise<Submitted> {
  const sessionId = given ?? (await findTarget(parts.store, { key, principal })).sessionId;
  return followRun(parts, sessionId, (lanes) => lanes.submit(sessionId, message));
}

function findTarget(
  store: SubmitParts["store"],
  { key, principal }: { key: string | undefined; principal: Principal | undefined },
): Promise<SessionMeta> {
  if (!principal) return store.getOrCreateSession(key ?? "");
  requireId(principal);
  return findOrCreateOwnSession(store, { principal, key: key ?? defaultSessionKey(principal) });
}

/** Gets a run accepted and follows it to the end. Rejects as `accept` does. */
export async function followRun(
  parts: SubmitParts,
  sessionId: string,
  accept: (lanes: Lanes) => Promise<Accepted>,
): Promise<Submitted> {
  const ends = new RunEnds();
  // Watched before it is submitted: a run may end before its caller hears that it began.
  const unwatch = parts.watchers.watch(sessionId, ({ event }) => ends.see(event));
  try {
    const { runId } = await accept(parts.lanes);
    const ended = endOf(parts, { sessionId, runId }, ends).finally(unwatch);
    // Not everybody waits for it; a rejection that nobody hears would end the process.
    ended.catch(() => undefined);
    return { sessionId, runId, ended };
  } catch (error) {
    unwatch();
    throw error;
  }
}

interface RunPlace {
  sessionId: string;
  runId: string;
}

async function endOf({ store, lanes }: SubmitParts, run: RunPlace, ends: RunEnds): Promise<RunResult> {
  const { sessionId, runId } = run;
  const lost = lanes.lost(sessionId, runId);
  if (ends.has(runId)) return ends.of(runId);
  if (lost) return Promise.race([ends.of(runId), lost]);
  // It was submitted before, under the same id, and is over.
  const end = await readEnd(store, run);
  if (end) return end;
  // Its writer died, or could not write its end: whoever opens the session next ends it.
  await lanes.endRuns(sessionId).catch((error: unknown) => {
    throw endNotKept(error);
  });
  const late = await readEnd(store, run);
  if (!late) throw endNotKept();
  return late;
}

async function readEnd(
  store: SubmitParts["store"],
  { sessionId, runId }: RunPlace,
): Promise<RunResult | undefined> {
  const after = (await findRunStart(store, sessionId, runId)) ?? 0;
  let content = "";
  for await (const entry of store.entries(sessionId, { after })) {
    if (!("runId" in entry) || entry.runId !== runId) continue;
    if (!isMessageEntry(entry)) return toResult(entry, content);
    if (entry.role === "assistant") content += entry.content;
  }
  return undefined;
}

function toResult({ outcome, usage, costUsd, error }: Omit<RunEndEvent, "type">, content: string): RunResult {
  return { outcome, content, usage, ...(costUsd !== undefined && { costUsd }), ...(error && { error }) };
}

/** The ends of a session's runs, whichever comes first: the end or the question. */
class RunEnds {
  readonly #contents = new Map<string, string>();
  readonly #results = new Map<string, RunResult>();
  #runId: string | undefined;
  #resolve: (result: RunResult) => void = () => undefined;

  see(event: NumberedEvent): void {
    if (event.type === "message_done") this.#contents.set(event.runId, event.content);
    if (event.type === "run_end") this.ended(event);
  }

  ended(event: RunEndEvent): void {
    const { runId } = event;
    const result = toResult(event, this.#contents.get(runId) ?? "");
    this.#contents.delete(runId);
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
