import type { SessionLog, SessionStore } from "@mini-openclaw/protocol";

/** The methods of a store and of its logs that the gateway calls. */
export const storeMethods = [
  "getOrCreateSession",
  "createSession",
  "getSession",
  "listSessions",
  "renameSession",
  "archiveSession",
  "unarchiveSession",
  "forkSession",
  "deleteSession",
  "undeleteSession",
  "searchSessions",
  "loadMessages",
  "entries",
  "openLog",
] satisfies (keyof SessionStore)[];

export const logMethods = ["record", "read", "settle", "close"] satisfies (keyof SessionLog)[];
