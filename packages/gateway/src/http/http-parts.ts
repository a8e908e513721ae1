import type { IncomingMessage } from "node:http";
import type { CommandParts } from "../command-context.ts";
import type { Identify } from "../identify.ts";
import type { Refusal } from "../refuse-upgrade.ts";
import type { WatchParts } from "../session-watch.ts";
import type { Submission, Submitted } from "../submit.ts";
import type { Watchers } from "../watchers.ts";

/** What the HTTP form of the protocol needs of its gateway. */
export interface HttpParts extends CommandParts, WatchParts {
  watchers: Watchers;
  identify: Identify;
  submit: (submission: Submission) => Promise<Submitted>;
  /** Why there is no room for another answer that takes as long as its run, or `undefined`. */
  refuseMore: () => Refusal | undefined;
  /** Hears of those whom the door refused. */
  onRefused: (refusal: Refusal, request: IncomingMessage) => void;
  /** How often a stream shows that it is alive. */
  heartbeatMs: number;
  /** How long `identify` may take. */
  identifyTimeoutMs: number;
}
