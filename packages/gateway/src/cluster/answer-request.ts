import type { Cluster, SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { isInstance } from "@mini-openclaw/protocol/shared";
import type { AcceptedRun } from "../run/run-types.ts";
import type { SessionQueues } from "../sessions/session-queues.ts";
import { GatewayError, toClientError } from "../shared/errors.ts";
import type { Watchers } from "../watch/watchers.ts";
import {
  type ClusterRequest,
  type ClusterRequests,
  encodeAnswer,
  encodeError,
  NotOwnerError,
  type RemoteRun,
  type RequestName,
  type StoreMethod,
} from "./requests.ts";

interface AnswerDeps {
  cluster: Pick<Cluster, "ownerOf">;
  queues: SessionQueues;
  store: SessionStore;
  watchers: Pick<Watchers, "reportGap">;
  isOwned: (sessionId: string) => boolean;
  onFailure: (error: unknown, during: string) => void;
}

type Answers = {
  [Name in RequestName]: (
    deps: AnswerDeps,
    sessionId: string,
    ...args: ClusterRequests[Name]["args"]
  ) => ClusterRequests[Name]["answer"] | Promise<ClusterRequests[Name]["answer"]>;
};

const answers: Answers = {
  submit: ({ queues }, sessionId, message) =>
    accept(queues, sessionId, () => queues.submit(sessionId, message)),
  retry: ({ queues }, sessionId, retry) => accept(queues, sessionId, () => queues.retry(sessionId, retry)),
  edit: ({ queues }, sessionId, edit) => accept(queues, sessionId, () => queues.edit(sessionId, edit)),
  abort: ({ queues }, sessionId, runId) => queues.abort(sessionId, runId),
  approve: ({ queues }, sessionId, ...decided) => queues.approve(sessionId, ...decided),
  hasRun: ({ queues }, sessionId, runId) => queues.hasRun(sessionId, runId),
  startOf: ({ queues }, sessionId, runId) => queues.startOf(sessionId, runId),
  live: ({ queues }, sessionId) => {
    const live = queues.live(sessionId);
    if (!live) return undefined;
    const { log, sinceSeq } = live;
    return { log: { epoch: log.epoch, lastSeq: log.lastSeq }, sinceSeq };
  },
  progress: ({ queues }, sessionId, upTo) => queues.progress(sessionId, upTo),
  endRuns: ({ queues }, sessionId, runId) => queues.endRuns(sessionId, runId),
  release: ({ queues }, sessionId) => release(queues, sessionId),
  store: callStore,
};

/** Answers a request of another node. Never rejects. */
export async function answerRequest(deps: AnswerDeps, body: string): Promise<string> {
  try {
    const { name, sessionId, args } = JSON.parse(body) as ClusterRequest;
    // The session may have moved while the request was on its way.
    const owner = deps.isOwned(sessionId) ? undefined : await deps.cluster.ownerOf(sessionId);
    if (owner !== undefined) throw new NotOwnerError(`Node ${owner} owns the session.`);
    const answer = answers[name] as (deps: AnswerDeps, sessionId: string, ...args: unknown[]) => unknown;
    return encodeAnswer(await answer(deps, sessionId, ...args));
  } catch (error) {
    // The other node gets no more of it than a client.
    const isKnown = isInstance(error, NotOwnerError) || toClientError(error).code !== "INTERNAL";
    if (!isKnown) deps.onFailure(error, "a request of another node");
    return encodeError(error);
  }
}

/** Gets a run accepted, and finds the number from which another node watches it. */
async function accept(
  queues: SessionQueues,
  sessionId: string,
  add: () => Promise<AcceptedRun>,
): Promise<RemoteRun> {
  const before = queues.live(sessionId)?.log.lastSeq;
  const { runId, position, isRepeated } = await add();
  const after = before ?? queues.startOf(sessionId, runId) ?? queues.live(sessionId)?.sinceSeq ?? 0;
  return { runId, position, isRepeated, after };
}

async function release(queues: SessionQueues, sessionId: string): Promise<void> {
  if (queues.has(sessionId))
    throw new GatewayError("SESSION_BUSY", "A run is active or waits in the session. Stop it first.");
  await queues.release(sessionId);
}

async function callStore(
  { store, watchers }: AnswerDeps,
  sessionId: string,
  method: StoreMethod,
  title = "",
): Promise<SessionMeta | undefined> {
  const { lastSeq = 0 } = (await store.getSession(sessionId)) ?? {};
  const changed = await (method === "renameSession"
    ? store.renameSession(sessionId, title)
    : store[method](sessionId));
  if (changed && changed.lastSeq > lastSeq) watchers.reportGap(sessionId, lastSeq);
  return changed ?? undefined;
}
