import { emptyView } from "@mini-openclaw/protocol";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Client } from "../client/client.ts";
import type { Session, SessionSnapshot } from "../session/session.ts";
import { ignore } from "./use-client.ts";

/** A session in a component. */
export interface ShownSession {
  /** Absent on a server and before the first effect. */
  readonly session: Session | undefined;
  /** Everything to show. Changes render the component again. */
  readonly snapshot: SessionSnapshot;
}

const unknown: SessionSnapshot = { phase: "syncing", view: emptyView, outbox: [] };

/**
 * Watches a session of a client, by default the one in which the gateway starts the user. A client
 * watches one session at a time, so two components that show two sessions need two clients.
 */
export function useSession(client: Client | undefined, sessionId?: string): ShownSession {
  const [session, setSession] = useState<Session>();
  useEffect(() => setSession(client?.session(sessionId)), [client, sessionId]);
  const snapshot = useSyncExternalStore(
    session?.subscribe ?? ignore,
    session?.getSnapshot ?? (() => unknown),
    () => unknown,
  );
  return { session, snapshot };
}
