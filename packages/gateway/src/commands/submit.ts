import type { Limits, MessageBlock, MessageMode, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { describeValue, isRecord, listOf, mustBe } from "@mini-openclaw/protocol/shared";
import { defaultSessionKey } from "../auth/authenticate.ts";
import type { SessionRuns } from "../cluster/session-runs.ts";
import { findRunStart } from "../run/load-messages.ts";
import { type AcceptedRun, type RunResult, toResult } from "../run/run-types.ts";
import { toSubmitted } from "../sessions/to-submitted.ts";
import { requireKnown } from "../shared/check-options.ts";
import { endNotRecorded, GatewayError } from "../shared/errors.ts";
import { type Principal, requireId } from "../shared/principal.ts";
import { findOrCreateOwnSession } from "./own-session.ts";

/** A message from inside the process: from a schedule, an HTTP handler or a test. */
export type Submission = SubmissionFields &
  ({ sessionId: string } | { key: string } | { principal: Principal } | { owner: string });

interface SubmissionFields {
  /** The session that the message goes to. */
  sessionId?: string;
  /**
   * Without `sessionId`, the message goes to the newest open session of this key, or to a new one.
   */
  key?: string;
  /**
   * The owner of the session: the message goes to this principal's newest open session of the key,
   * or to a new one. Without a key, the key is `webchat:<principal.id>`.
   */
  principal?: Principal;
  /** The id of the principal, for callers that have no more of it. Equal to that of `principal`. */
  owner?: string;
  /** Not empty without `blocks`. */
  content: string;
  /**
   * `assistant` adds the message as an answer, and no agent runs. It waits for the runs before it.
   * @default a message of the user
   */
  role?: "assistant";
  /** Files and texts, as in a client's `message`. */
  blocks?: readonly MessageBlock[];
  /** Makes the message idempotent among the session's last 1,000. At most 128 characters. */
  requestId?: string;
  /** @default "queue" */
  mode?: MessageMode;
}

/** A retry from inside the process. */
export interface RetrySubmission {
  sessionId: string;
  /** The session's newest run. */
  runId: string;
  /** Makes the retry idempotent among the session's last 1,000. At most 128 characters. */
  requestId?: string;
}

/** A message or retry that was saved. */
export interface Submitted {
  sessionId: string;
  runId: string;
  /**
   * Resolves with the run's end. Rejects with the GatewayError `STORE_FAILED` if the end cannot be
   * recorded, as on a full disk. Rejects as the store does if the session cannot be read.
   */
  ended: Promise<RunResult>;
}

export interface SubmitDeps {
  store: Pick<
    SessionStore,
    | "entries"
    | "loadMessages"
    | "getSession"
    | "getOrCreateSession"
    | "createSession"
    | "listSessions"
    | "loadBlob"
  >;
  queues: SessionRuns;
  limits: Limits;
}

/**
 * Gets a message accepted and follows its run to the end.
 *
 * @throws GatewayError `INVALID_OPTION` for an unknown or missing field, `INVALID_FRAME` for a
 * wrong file, `SESSION_NOT_FOUND` for a session of another owner
 * @throws TypeError for a principal without an id
 */
export async function submitMessage(deps: SubmitDeps, submission: Submission): Promise<Submitted> {
  checkSubmission(submission, deps.limits);
  const { sessionId: given, key, owner, principal = toPrincipal(owner), ...message } = submission;
  const sessionId = given ?? (await findTarget(deps.store, { key, principal })).sessionId;
  if (given !== undefined && principal) await requireOwner(deps.store, given, principal);
  const submitted = await toSubmitted(message, sessionId, deps);
  return followRun(deps, sessionId, (queues) => queues.submit(sessionId, submitted));
}

/** @throws GatewayError `SESSION_NOT_FOUND` for a session of somebody else */
async function requireOwner(store: SubmitDeps["store"], sessionId: string, { id }: Principal): Promise<void> {
  const session = await store.getSession(sessionId);
  if (!session || session.owner === id) return;
  throw new GatewayError("SESSION_NOT_FOUND", mustBe("sessionId", `a session of ${id}`, sessionId));
}

function toPrincipal(owner: string | undefined): Principal | undefined {
  return owner === undefined ? undefined : { id: owner };
}

const modes: readonly MessageMode[] = ["queue", "steer", "interrupt"];

/** Every field of a submission, so that a misspelled one is named. */
const fields: Readonly<Record<keyof SubmissionFields, true>> = {
  sessionId: true,
  key: true,
  principal: true,
  owner: true,
  content: true,
  role: true,
  blocks: true,
  requestId: true,
  mode: true,
};

/** @throws GatewayError `INVALID_OPTION` */
function checkSubmission(submission: SubmissionFields, limits: Limits): void {
  requireKnown("submit", submission, fields);
  const { sessionId, key, principal, owner, content, role, mode, blocks } = submission;
  if ([sessionId, key, principal, owner].every((one) => one === undefined)) {
    const message = "`sessionId`, `key` or `principal` must name the session of the message, got none.";
    throw new GatewayError("INVALID_OPTION", message);
  }
  requireStrings(submission, ["sessionId", "key", "owner", "requestId"]);
  requireRequestId(submission.requestId, limits);
  if (typeof content !== "string") throw invalid("content", "a string", content);
  if (principal !== undefined && !isRecord(principal))
    throw invalid("principal", "an object with an `id`", principal);
  if (blocks !== undefined && !(Array.isArray(blocks) && blocks.every(isRecord)))
    throw invalid("blocks", "a list of blocks", blocks);
  if (owner !== undefined && principal !== undefined && principal.id !== owner)
    throw invalid("owner", "the id of `principal`, or absent", owner);
  if (content === "" && !blocks?.length)
    throw invalid("content", "a text that is not empty, unless there are `blocks`", content);
  if (role !== undefined && role !== "assistant") throw invalid("role", '"assistant" or absent', role);
  if (mode !== undefined && !modes.includes(mode))
    throw invalid("mode", listOf(modes.map(describeValue)), mode);
}

/** @throws GatewayError `INVALID_OPTION` for a field that is there and no string */
function requireStrings<Fields extends object>(
  fields: Fields,
  names: readonly (keyof Fields & string)[],
): void {
  for (const name of names) {
    const value = fields[name];
    if (value !== undefined && typeof value !== "string") throw invalid(name, "a string", value);
  }
}

/** @throws GatewayError `INVALID_OPTION` for an id that no client could send */
function requireRequestId(id: string | undefined, { maxIdChars }: Limits): void {
  if (id === undefined || (id !== "" && id.length <= maxIdChars)) return;
  throw invalid("requestId", `a string of 1 to ${maxIdChars} characters`, id);
}

function invalid(name: string, expected: string, value: unknown): GatewayError {
  return new GatewayError("INVALID_OPTION", mustBe(name, expected, value));
}

function findTarget(
  store: SubmitDeps["store"],
  { key, principal }: { key: string | undefined; principal: Principal | undefined },
): Promise<SessionMeta> {
  if (!principal) return store.getOrCreateSession(key as string);
  requireId(principal);
  return findOrCreateOwnSession(store, { principal, key: key ?? defaultSessionKey(principal) });
}

/**
 * Gets a retry accepted and follows its run to the end.
 *
 * @throws GatewayError `INVALID_OPTION`
 */
export async function retryRun(deps: SubmitDeps, retry: RetrySubmission): Promise<Submitted> {
  requireKnown("retry", retry, { sessionId: true, runId: true, requestId: true });
  requireStrings(retry, ["sessionId", "runId", "requestId"]);
  for (const name of ["sessionId", "runId"] as const) {
    if (!retry[name]) throw invalid(name, "a string that is not empty", retry[name]);
  }
  requireRequestId(retry.requestId, deps.limits);
  const { sessionId, runId, requestId } = retry;
  return followRun(deps, sessionId, (queues) => queues.retry(sessionId, { runId, requestId }));
}

/** Gets a run accepted and returns the promise of its end. Rejects as `accept` does. */
export async function followRun(
  deps: SubmitDeps,
  sessionId: string,
  accept: (queues: SessionRuns) => Promise<AcceptedRun>,
): Promise<Submitted> {
  const accepted = await accept(deps.queues);
  const { runId } = accepted;
  const ended = accepted.ended ?? findEnd(deps, { sessionId, runId });
  // Few callers wait for it. A rejection that nobody handles would end the process.
  ended.catch(() => {});
  return { sessionId, runId, ended };
}

interface RunRef {
  sessionId: string;
  runId: string;
}

/** Finds the end of a run that was accepted before, under the same request id. */
async function findEnd({ store, queues }: SubmitDeps, run: RunRef): Promise<RunResult> {
  const end = await readEnd(store, run);
  if (end) return end;
  // Its writer died, or could not record the end. Opening the session ends the run.
  await queues.endRuns(run.sessionId, run.runId).catch((error: unknown) => {
    throw endNotRecorded(error);
  });
  const late = await readEnd(store, run);
  if (!late) throw endNotRecorded();
  return late;
}

async function readEnd(
  store: SubmitDeps["store"],
  { sessionId, runId }: RunRef,
): Promise<RunResult | undefined> {
  const after = (await findRunStart(store, sessionId, runId)) ?? 0;
  let content = "";
  for await (const entry of store.entries(sessionId, { after })) {
    if (!("runId" in entry) || entry.runId !== runId) continue;
    if ("type" in entry) {
      if (entry.type === "run_end") return toResult(entry, content);
    } else if (entry.role === "assistant") content += entry.content;
  }
  return undefined;
}
