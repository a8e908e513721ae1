import { useEffect, useState, useSyncExternalStore } from "react";
import { type Client, connect } from "../client/client.ts";
import type { ConnectOptions } from "../connection/connect-options.ts";
import type { ConnectionState } from "../connection/connection-state.ts";

const unconnected: ConnectionState = { phase: "connecting", attempt: 0 };

/**
 * Connects a component to a gateway, and closes the client when the component is removed or `url`
 * changes. Returns nothing on a server and before the first effect.
 */
export function useClient(options: ConnectOptions): Client | undefined {
  const [client, setClient] = useState<Client>();
  const url = String(options.url);
  // Other options count for the next client, because functions are new in each render.
  useEffect(() => {
    const connected = connect(options);
    setClient(connected);
    return () => connected.close();
  }, [url]);
  return client;
}

/** Returns the state of a client's connection, and renders again when it changes. */
export function useConnection(client: Client | undefined): ConnectionState {
  return useSyncExternalStore(
    client?.subscribe ?? ignore,
    client?.getSnapshot ?? (() => unconnected),
    () => unconnected,
  );
}

/** Subscribes to nothing. */
export function ignore(): () => void {
  return () => {};
}
