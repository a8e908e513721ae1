import type { IncomingMessage } from "node:http";
import type { Identify } from "../auth/authenticate.ts";
import type { CommandDeps } from "../commands/command-context.ts";
import type { Submission, Submitted } from "../commands/submit.ts";
import type { Refusal } from "../shared/refusal.ts";
import type { WatchDeps } from "../watch/session-watch.ts";
import type { Watchers } from "../watch/watchers.ts";

/** What the HTTP form of the protocol needs of its gateway. */
export interface HttpDeps extends CommandDeps, WatchDeps {
  watchers: Watchers;
  identify: Identify;
  submit: (submission: Submission) => Promise<Submitted>;
  /** Why there is no room for another answer that takes as long as its run, or `undefined`. */
  makeRoom: () => Refusal | undefined;
  /** Hears of those whom the door refused. */
  onRefused: (refusal: Refusal, request: IncomingMessage) => void;
  /** How often a stream shows that it is alive. */
  heartbeatMs: number;
  /** How long `identify` may take. */
  identifyTimeoutMs: number;
}
