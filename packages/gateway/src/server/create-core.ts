import { defaultLimits } from "@mini-openclaw/protocol";
import type { CommandParts } from "../commands/command-context.ts";
import { Permissions } from "../commands/permissions.ts";
import { Activity, type ActivityParts } from "../commands/session-notifier.ts";
import type { Observer } from "../observe/observer.ts";
import { Places } from "../run/run-limiter.ts";
import { WaitingApprovals } from "../run/waiting-approvals.ts";
import { LiveHolds } from "../sessions/live-holds.ts";
import { Lanes } from "../sessions/sessions.ts";
import { requireWhole, toDuration } from "../shared/check-options.ts";
import { createEventSource } from "../watch/event-source.ts";
import type { WatchParts } from "../watch/session-watch.ts";
import { Watchers } from "../watch/watchers.ts";
import type { GatewayOptions } from "./options.ts";

/** What takes commands and gives events, whatever the client speaks and however it is connected. */
export interface Core extends CommandParts, WatchParts {
  watchers: Watchers;
  places: Places;
  activity: Activity;
}

interface Surroundings {
  observer: Observer;
  /** Who is connected now. */
  connections: ActivityParts["connections"];
}

/** @throws GatewayError `INVALID_OPTION` */
export function createCore(options: GatewayOptions, { observer, connections }: Surroundings): Core {
  const { store, agent, maxContextMessages = agent.neededMessages ?? 50 } = options;
  const abortGraceMs = toDuration("abortGraceMs", options.abortGraceMs ?? 5000);
  const idleMs = toDuration("idleMs", options.idleMs ?? 30_000);
  const limits = { ...defaultLimits, ...options.limits };
  requireWhole("maxContextMessages", maxContextMessages);
  requireWhole("limits.maxFrameBytes", limits.maxFrameBytes);
  requireWhole("limits.maxQueuedMessages", limits.maxQueuedMessages, { least: 0 });
  const onFailure = (error: unknown, during: string) => observer.failed(error, during);
  const permissions = new Permissions(options.authorize);
  const watchers = new Watchers();
  const holds = new LiveHolds();
  const places = new Places(options.maxRuns);
  const isRunning = (sessionId: string) => lanes.has(sessionId);
  const approvals = new WaitingApprovals();
  const awaitsApproval = (sessionId: string) => approvals.has(sessionId);
  const activity = new Activity({ store, permissions, isRunning, awaitsApproval, connections, onFailure });
  const touch = (sessionId: string) => activity.touch(sessionId);
  const lanes = new Lanes(
    {
      store,
      agent,
      places,
      maxContextMessages,
      abortGraceMs,
      idleMs,
      publish: (recorded) => {
        watchers.publish(recorded);
        observer.published(recorded);
        for (const sessionId of approvals.follow(recorded)) touch(sessionId);
      },
      onFailure,
      touch,
      holds,
      now: Date.now,
    },
    limits,
  );
  const readEvents = createEventSource(store, lanes);
  const onSlow = (sessionId: string) => observer.slowWatcher(sessionId);
  return {
    store,
    lanes,
    awaitsApproval,
    places,
    watchers,
    permissions,
    activity,
    limits,
    changed: ({ sessionId, lastSeq }, since) => {
      if (lastSeq > since) watchers.catchUp(sessionId, since);
      touch(sessionId);
    },
    readEvents,
    holdLive: (sessionId) => holds.hold(sessionId),
    onSlow,
    onFailure,
  };
}
