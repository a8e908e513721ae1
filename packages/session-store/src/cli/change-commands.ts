import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { isSessionId } from "../model/names.ts";
import type { Command } from "./command.ts";
import { findSession } from "./find-session.ts";
import { jsonLine, safe, sessionRow, UsageError } from "./terminal.ts";

/** Creates a command that changes one session, and prints the session afterwards. */
function changing(
  change: (store: SessionStore, sessionId: string, rest: string[]) => Promise<SessionMeta>,
  { usage, count }: Pick<Command, "usage" | "count">,
): Command {
  return {
    usage,
    count,
    async run({ folder, args: [name = "", ...rest], json }, { store, terminal }) {
      const { sessionId } = await findSession(store, folder, name);
      const session = await change(store, sessionId, rest);
      terminal.out(json ? jsonLine(session) : `${sessionRow(session)}\n`);
      return 0;
    },
  };
}

const one: Pick<Command, "usage" | "count"> = { usage: "<session>", count: [1, 1] };

const fork: Command = {
  ...one,
  options: ["at", "key"],
  async run({ folder, args: [name = ""], at, key, json }, { store, terminal }) {
    const { sessionId } = await findSession(store, folder, name);
    const options = { ...(at !== undefined && { at }), ...(key !== undefined && { key }) };
    const session = await store.forkSession(sessionId, options);
    terminal.out(json ? jsonLine(session) : `${sessionRow(session)}\n`);
    return 0;
  },
};

const deleteSession: Command = {
  ...one,
  async run({ folder, args: [name = ""], json }, { store, terminal }) {
    const session = await findSession(store, folder, name);
    await store.deleteSession(session.sessionId);
    if (json) terminal.out(jsonLine({ sessionId: session.sessionId, deleted: true }));
    else terminal.out(safe(`Deleted ${session.sessionId}. "undelete" restores it within 7 days.\n`));
    return 0;
  },
};

const undelete: Command = {
  ...one,
  async run({ args: [name = ""], json }, { store, terminal }) {
    if (!isSessionId(name)) throw new UsageError("The command undelete needs the whole id of the session.");
    const session = await store.undeleteSession(name);
    terminal.out(json ? jsonLine(session) : `${sessionRow(session)}\n`);
    return 0;
  },
};

export const changeCommands: Record<string, Command> = {
  rename: changing((store, id, rest) => store.renameSession(id, rest.join(" ")), {
    usage: "<session> <title>",
    count: [2, 100],
  }),
  archive: changing((store, id) => store.archiveSession(id), one),
  unarchive: changing((store, id) => store.unarchiveSession(id), one),
  fork,
  delete: deleteSession,
  undelete,
};
