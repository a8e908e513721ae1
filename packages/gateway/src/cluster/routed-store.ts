import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import type { StoreMethod } from "./requests.ts";
import type { RoutedRuns } from "./routed-runs.ts";

/** Returns the store with changes of a session done by the node that owns the session. */
export function routeStore(store: SessionStore, runs: Pick<RoutedRuns, "store">): SessionStore {
  const route = (method: Exclude<StoreMethod, "renameSession" | "deleteSession">) => (sessionId: string) =>
    runs.store<SessionMeta>(sessionId, [method], () => store[method](sessionId));
  return {
    ...store,
    renameSession: (sessionId, title) =>
      runs.store(sessionId, ["renameSession", title], () => store.renameSession(sessionId, title)),
    archiveSession: route("archiveSession"),
    unarchiveSession: route("unarchiveSession"),
    deleteSession: (sessionId) =>
      runs.store(sessionId, ["deleteSession"], () => store.deleteSession(sessionId)),
    undeleteSession: route("undeleteSession"),
  };
}
