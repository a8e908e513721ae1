import type { ClientEvent, HistoryCommand, HistoryEvent } from "@mini-openclaw/protocol";
import type { ConnectionState } from "./connection-state.ts";

/** What a session needs of its client. */
export interface SessionLink {
  connection(): ConnectionState;
  transmit(event: ClientEvent): boolean;
  ask(command: HistoryCommand, signal?: AbortSignal): Promise<HistoryEvent>;
  /** The session that the present connection began in. */
  greetedId(): string | undefined;
  /** How many messages of all sessions wait to be taken by the gateway. */
  outgoingCount(): number;
  /** Something waits in the session's outbox. */
  deliver(): void;
  /** The gateway said of this connection that it takes no messages. */
  drain(): void;
  /** The session could not be watched now; another connection may. */
  reconnect(): void;
}
