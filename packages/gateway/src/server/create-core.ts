import { defaultLimits, type SessionMeta } from "@mini-openclaw/protocol";
import { ClusterNode } from "../cluster/cluster-node.ts";
import { isMoved } from "../cluster/requests.ts";
import type { SessionRuns } from "../cluster/session-runs.ts";
import type { CommandDeps } from "../commands/command-context.ts";
import { Permissions } from "../commands/permissions.ts";
import { type NotifierDeps, SessionNotifier } from "../commands/session-notifier.ts";
import type { Connections } from "../connection/connections.ts";
import type { Observer } from "../observe/observer.ts";
import { checkStore } from "../run/check-store.ts";
import { RunLimiter } from "../run/run-limiter.ts";
import { WaitingApprovals } from "../run/waiting-approvals.ts";
import { LiveHolds } from "../sessions/live-holds.ts";
import { SessionQueues } from "../sessions/session-queues.ts";
import { startTask } from "../sessions/start-task.ts";
import { requireWhole, toDuration } from "../shared/check-options.ts";
import { createEventSource } from "../watch/event-source.ts";
import type { WatchDeps } from "../watch/session-watch.ts";
import { Watchers } from "../watch/watchers.ts";
import type { GatewayOptions } from "./options.ts";

/** The parts that run commands and emit events, for every kind of client and connection. */
export interface Core {
  readonly commands: CommandDeps;
  readonly watch: WatchDeps;
  readonly queues: SessionQueues;
  readonly watchers: Watchers;
  readonly limiter: RunLimiter;
  readonly notifier: Pick<SessionNotifier, "notifyDeleted">;
  /** Ends the runs, and leaves the cluster. */
  readonly close: (drainMs: number) => Promise<void>;
  readonly onFailure: WatchDeps["onFailure"];
}

interface CoreDeps {
  observer: Observer;
  /** The connections that are open now. */
  connections: NotifierDeps["connections"] & Pick<Connections, "close">;
}

/** @throws GatewayError `INVALID_OPTION` */
export function createCore(options: GatewayOptions, { observer, connections }: CoreDeps): Core {
  const { agent, maxContextMessages = agent.neededMessages ?? 50 } = options;
  const store = checkStore(options.store);
  const abortGraceMs = toDuration("abortGraceMs", options.abortGraceMs ?? 5000);
  const idleMs = toDuration("idleMs", options.idleMs ?? 30_000);
  const limits = { ...defaultLimits, ...options.limits };
  requireWhole("maxContextMessages", maxContextMessages);
  requireWhole("limits.maxFrameBytes", limits.maxFrameBytes);
  requireWhole("limits.maxQueuedMessages", limits.maxQueuedMessages, { least: 0 });
  requireWhole("limits.maxBlocks", limits.maxBlocks, { least: 0 });
  requireWhole("limits.maxBlockBytes", limits.maxBlockBytes);
  const onFailure = (error: unknown, during: string) => observer.failed(error, during);
  const permissions = new Permissions(options.authorize);
  const watchers = new Watchers((sessionId) => node?.onWatched(sessionId));
  const holds = new LiveHolds();
  const limiter = new RunLimiter(options.maxRuns);
  const isRunning = (sessionId: string) => runs.has(sessionId);
  const ownApprovals = new WaitingApprovals();
  const awaitsApproval = (sessionId: string) => approvals.has(sessionId);
  const notifierDeps = { store, permissions, isRunning, awaitsApproval, connections, onFailure };
  const notifier = new SessionNotifier(notifierDeps);
  const notifyDeleted = (session: SessionMeta, answered: object) => {
    notifier.notifyDeleted(session, answered);
    watchers.reportDeleted(session.sessionId);
  };
  const node =
    options.cluster &&
    new ClusterNode(options.cluster, {
      store,
      queues: () => queues,
      watchers,
      approvals: ownApprovals,
      notify: (sessionId) => notifier.notify(sessionId),
      notifyDeleted: (session) => notifyDeleted(session, {}),
      // RFC 6455 registry: "Try Again Later". A client connects again, to a node that works.
      closeConnections: () => void connections.close(1013, "the gateway lost its store"),
      onFailure,
    });
  const approvals = node?.approvals ?? ownApprovals;
  const notify = (sessionId: string) => {
    notifier.notify(sessionId);
    node?.announce(sessionId);
  };
  const queueStore = node
    ? { ...store, openLog: (sessionId: string) => node.owned.openLog(sessionId) }
    : store;
  const queues = new SessionQueues(
    {
      store: queueStore,
      agent,
      limiter,
      maxContextMessages,
      abortGraceMs,
      idleMs,
      publish: (recorded) => {
        watchers.publish(recorded);
        observer.published(recorded);
        for (const sessionId of ownApprovals.follow(recorded)) notify(sessionId);
      },
      onFailure,
      notify,
      holds,
      ownershipOf: (sessionId) => (node ? node.owned.logOf(sessionId) : store),
      isElsewhere: (error) => node !== undefined && isMoved(error),
      startTask: (parent, task) => startTask({ store, queues }, parent, task),
      now: Date.now,
    },
    limits,
  );
  const runs: SessionRuns = node?.runs ?? queues;
  const holdLive = (sessionId: string) => holds.hold(sessionId);
  const notifyChanged: CommandDeps["notifyChanged"] = ({ sessionId, lastSeq }, since) => {
    if (lastSeq > since) watchers.reportGap(sessionId, since);
    notify(sessionId);
  };
  const readEvents = createEventSource(store, (sessionId) => queues.live(sessionId), node?.read.bind(node));
  const onSlow = (sessionId: string) => observer.slowWatcher(sessionId);
  return {
    commands: {
      store: node?.store ?? store,
      queues: runs,
      permissions,
      approvals,
      limits,
      holdLive,
      notifyChanged,
    },
    watch: { watchers, readEvents, holdLive, onSlow, onFailure },
    queues,
    watchers,
    limiter,
    notifier: {
      notifyDeleted: (session, answered) => {
        notifyDeleted(session, answered);
        node?.announceDeleted(session);
      },
    },
    close: async (drainMs) => {
      await queues.close(drainMs);
      node?.leave();
    },
    onFailure,
  };
}
