import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { SessionRuns } from "../cluster/session-runs.ts";
import type { CommandDeps } from "../commands/command-context.ts";
import type { Permissions } from "../commands/permissions.ts";

/** The dependencies of commands, as a connection passes them on. */
export abstract class CommandSource implements Omit<CommandDeps, "limits"> {
  protected abstract readonly deps: { readonly commands: CommandDeps };

  get store(): SessionStore {
    return this.deps.commands.store;
  }

  get queues(): SessionRuns {
    return this.deps.commands.queues;
  }

  get permissions(): Permissions {
    return this.deps.commands.permissions;
  }

  get approvals(): CommandDeps["approvals"] {
    return this.deps.commands.approvals;
  }

  holdLive(sessionId: string): () => void {
    return this.deps.commands.holdLive(sessionId);
  }

  notifyChanged(session: SessionMeta, since: number): void {
    this.deps.commands.notifyChanged(session, since);
  }
}
