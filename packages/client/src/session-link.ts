import type { Connection } from "./connection.ts";
import type { Requests } from "./requests.ts";

/** What a session needs of its client. */
export interface SessionLink {
  readonly connection: Connection;
  readonly requests: Requests;
  /** How many messages of all sessions wait to be taken by the gateway. */
  outgoingCount(): number;
  /** Something waits in the session's outbox. */
  deliver(): void;
}
