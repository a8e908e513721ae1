import { type Channel, channel } from "node:diagnostics_channel";
import type { RunOutcome, Usage } from "@mini-openclaw/protocol";

/** A socket came in or went. On `mini-openclaw:gateway:connection`. */
export type ConnectionDiagnostic = FromGateway & { phase: "open" | "close"; principalId: string | undefined };

/** A run began or ended. On `mini-openclaw:gateway:run`. */
export type RunDiagnostic = FromGateway & { sessionId: string; runId: string } & (
    | { phase: "start" }
    | {
        phase: "end";
        outcome: RunOutcome;
        usage: Usage;
        costUsd: number | undefined;
        /** From its first message to its end, in milliseconds. */
        durationMs: number;
        /** To the first text that its client could read; `undefined` where there was none. */
        firstChunkMs: number | undefined;
      }
  );

/** Somebody was refused. On `mini-openclaw:gateway:refusal`. */
export type RefusalDiagnostic = FromGateway &
  ({ of: "upgrade" | "request"; status: number; reason: string } | { of: "frame"; code: string });

/**
 * A watcher could not keep up, and is shown the rest from the log. On
 * `mini-openclaw:gateway:slow-watcher`.
 */
export type SlowWatcherDiagnostic = FromGateway & { sessionId: string };

/** Something failed that clients only get a code of. On `mini-openclaw:gateway:failure`. */
export type FailureDiagnostic = FromGateway & { error: unknown; during: string };

interface FromGateway {
  /** The `GatewayServer` that it happened in: a process may have several. */
  gateway: object;
}

/** A channel of `node:diagnostics_channel` that knows what it carries. */
interface Typed<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

/**
 * The channels of `node:diagnostics_channel` that a gateway publishes on, while somebody
 * subscribes. Their names stay.
 */
export interface Channels {
  connection: Typed<ConnectionDiagnostic>;
  run: Typed<RunDiagnostic>;
  refusal: Typed<RefusalDiagnostic>;
  slowWatcher: Typed<SlowWatcherDiagnostic>;
  failure: Typed<FailureDiagnostic>;
}

export const channelNames = {
  connection: "mini-openclaw:gateway:connection",
  run: "mini-openclaw:gateway:run",
  refusal: "mini-openclaw:gateway:refusal",
  slowWatcher: "mini-openclaw:gateway:slow-watcher",
  failure: "mini-openclaw:gateway:failure",
} as const satisfies Record<keyof Channels, string>;

export function openChannels(): Channels {
  const open = (name: keyof Channels): Channel => channel(channelNames[name]);
  return {
    connection: open("connection"),
    run: open("run"),
    refusal: open("refusal"),
    slowWatcher: open("slowWatcher"),
    failure: open("failure"),
  };
}
