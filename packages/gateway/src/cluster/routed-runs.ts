import { setTimeout as wait } from "node:timers/promises";
import type { Cluster } from "@mini-openclaw/protocol";
import type { AcceptedRun, OnSaved, SubmittedMessage } from "../run/run-types.ts";
import type { Edit } from "../sessions/add-run.ts";
import type { SessionQueues } from "../sessions/session-queues.ts";
import { createId } from "../shared/create-id.ts";
import {
  type ClusterRequest,
  type ClusterRequests,
  decodeAnswer,
  isMoved,
  type RemoteRun,
  type RequestName,
} from "./requests.ts";
import type { LivePosition, SessionRuns } from "./session-runs.ts";

// A dead owner is noticed within about four seconds. A session that moves is free within
// milliseconds.
const RETRY_DELAYS_MS = [10, 20, 50, 100, 200, 400, 800, 1000, 1000, 1000, 1000, 1000];

interface RoutedDeps {
  queues: () => SessionQueues;
  cluster: Pick<Cluster, "ownerOf" | "request">;
  /** Returns true if this node has the log of the session. */
  isOwned: (sessionId: string) => boolean;
  /** Returns true if a run of the session is active or waits on another node. */
  isRunningElsewhere: (sessionId: string) => boolean;
  /** Resolves when watchers of the session get what other nodes record from now on. */
  followed: (sessionId: string) => Promise<void>;
}

/** The part of a message, retry or edit that makes it idempotent. */
interface Repeatable {
  requestId?: string | undefined;
}

/**
 * The runs of all sessions of a cluster. A command goes to the node that owns its session. The
 * session of nobody is owned by the node that gets its first command.
 */
export class RoutedRuns implements SessionRuns {
  readonly #deps: RoutedDeps;

  constructor(deps: RoutedDeps) {
    this.#deps = deps;
  }

  submit(sessionId: string, message: SubmittedMessage, onSaved?: OnSaved): Promise<AcceptedRun> {
    return this.#accept("submit", sessionId, message, {
      here: (sent) => this.#deps.queues().submit(sessionId, sent, onSaved),
      onSaved,
    });
  }

  retry(
    sessionId: string,
    retry: { runId: string; requestId?: string | undefined },
    onSaved?: OnSaved,
  ): Promise<AcceptedRun> {
    return this.#accept("retry", sessionId, retry, {
      here: (sent) => this.#deps.queues().retry(sessionId, sent, onSaved),
      onSaved,
    });
  }

  edit(sessionId: string, edit: Edit, onSaved?: OnSaved): Promise<AcceptedRun> {
    return this.#accept("edit", sessionId, edit, {
      here: (sent) => this.#deps.queues().edit(sessionId, sent, onSaved),
      onSaved,
    });
  }

  abort(sessionId: string, runId?: string): Promise<void> {
    const args: [string?] = runId === undefined ? [] : [runId];
    return this.#run("abort", sessionId, args, () => this.#deps.queues().abort(sessionId, runId));
  }

  approve(sessionId: string, ...decided: ClusterRequests["approve"]["args"]): Promise<void> {
    return this.#run("approve", sessionId, decided, () => this.#deps.queues().approve(sessionId, ...decided));
  }

  has(sessionId: string): boolean {
    return this.#deps.queues().has(sessionId) || this.#deps.isRunningElsewhere(sessionId);
  }

  hasRun(sessionId: string, runId: string): Promise<boolean> {
    return this.#run("hasRun", sessionId, [runId], () => this.#deps.queues().hasRun(sessionId, runId));
  }

  startOf(sessionId: string, runId: string): Promise<number | undefined> {
    return this.#run("startOf", sessionId, [runId], () => this.#deps.queues().startOf(sessionId, runId));
  }

  epochOf(sessionId: string): string | undefined {
    return this.#deps.queues().epochOf(sessionId);
  }

  live(sessionId: string): Promise<LivePosition | undefined> {
    return this.#run("live", sessionId, [], () => this.#deps.queues().live(sessionId));
  }

  progress(sessionId: string, upTo: number): Promise<ClusterRequests["progress"]["answer"]> {
    return this.#run("progress", sessionId, [upTo], () => this.#deps.queues().progress(sessionId, upTo));
  }

  endRuns(sessionId: string, runId?: string): Promise<void> {
    const args: [string?] = runId === undefined ? [] : [runId];
    return this.#run("endRuns", sessionId, args, () => this.#deps.queues().endRuns(sessionId, runId));
  }

  release(sessionId: string): Promise<void> {
    return this.#run("release", sessionId, [], () => this.#deps.queues().release(sessionId));
  }

  /** Calls a method of the store on the node that owns the session. */
  store<Result>(
    sessionId: string,
    args: ClusterRequests["store"]["args"],
    here: () => Promise<Result>,
  ): Promise<Result> {
    return this.#onOwner(sessionId, here, (owner) =>
      this.#ask<Result>(owner, { name: "store", sessionId, args }),
    );
  }

  #run<Name extends RequestName>(
    name: Name,
    sessionId: string,
    args: ClusterRequests[Name]["args"],
    here: () => ClusterRequests[Name]["answer"] | Promise<ClusterRequests[Name]["answer"]>,
  ): Promise<ClusterRequests[Name]["answer"]> {
    return this.#onOwner(sessionId, here, (owner) => this.#ask(owner, { name, sessionId, args }));
  }

  /**
   * Gets a run accepted by the owner. A request without an id gets one, so that it is done once
   * even if its owner dies or loses the session before it answers.
   */
  #accept<Name extends "submit" | "retry" | "edit", Sent extends Repeatable>(
    name: Name,
    sessionId: string,
    given: Sent,
    { here, onSaved }: { here: (sent: Sent) => Promise<AcceptedRun>; onSaved: OnSaved | undefined },
  ): Promise<AcceptedRun> {
    const sent = { ...given, requestId: given.requestId ?? createId() };
    const elsewhere = async (owner: string): Promise<AcceptedRun> => {
      await this.#deps.followed(sessionId);
      const request = { name, sessionId, args: [sent] } as unknown as ClusterRequest;
      const run = await this.#ask<RemoteRun>(owner, request);
      if (!run.isRepeated) onSaved?.(run.runId, run.after);
      return { ...run, ended: undefined };
    };
    return this.#onOwner(sessionId, () => here(sent), elsewhere);
  }

  /** Does a request here or on the owner. Finds the owner again when the session moved. */
  async #onOwner<Result>(
    sessionId: string,
    here: () => Result | Promise<Result>,
    elsewhere: (owner: string) => Promise<Result>,
  ): Promise<Result> {
    const { cluster, isOwned } = this.#deps;
    for (let attempt = 0; ; attempt += 1) {
      const owner = isOwned(sessionId) ? undefined : await cluster.ownerOf(sessionId);
      try {
        return await (owner === undefined ? here() : elsewhere(owner));
      } catch (error) {
        const delay = RETRY_DELAYS_MS[attempt];
        if (!isMoved(error, owner !== undefined) || delay === undefined) throw error;
        await wait(delay);
      }
    }
  }

  async #ask<Result>(owner: string, request: ClusterRequest): Promise<Result> {
    return decodeAnswer(await this.#deps.cluster.request(owner, JSON.stringify(request))) as Result;
  }
}
