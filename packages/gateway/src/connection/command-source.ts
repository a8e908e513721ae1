import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { SessionRuns } from "../cluster/session-runs.ts";
import type { CommandDeps } from "../commands/command-context.ts";
import type { Permissions } from "../commands/permissions.ts";

/** The dependencies of commands, as a connection passes them on. */
export class CommandSource implements Omit<CommandDeps, "limits"> {
  readonly #deps: CommandDeps;

  constructor(deps: CommandDeps) {
    this.#deps = deps;
  }

  get store(): SessionStore {
    return this.#deps.store;
  }

  get queues(): SessionRuns {
    return this.#deps.queues;
  }

  get permissions(): Permissions {
    return this.#deps.permissions;
  }

  get approvals(): CommandDeps["approvals"] {
    return this.#deps.approvals;
  }

  holdLive(sessionId: string): () => void {
    return this.#deps.holdLive(sessionId);
  }

  notifyChanged(session: SessionMeta, since: number): void {
    this.#deps.notifyChanged(session, since);
  }
}
