import { randomBytes } from "node:crypto";
import { type Client, ClientError, connect, type Session } from "@mini-openclaw/client";
import { StoreError } from "@mini-openclaw/session-store";
import { WebSocket } from "ws";
import { readAddress } from "../data-dir.ts";
import { describeFailure } from "../log/report.ts";
import { askForAccess, silentServer } from "../reach/addresses.ts";
import { ConfigError, type MiniOpenClawConfig } from "../settings/config.ts";
import { UsageError } from "../settings/usage-error.ts";
import { startServer } from "../start-server.ts";
import { warn } from "./load.ts";

/** A connection to the server of the data directory. */
export interface ServerConnection {
  client: Client;
  /** Loads a file of a session by the id of its blob. */
  loadBlob: (sessionId: string, blob: string) => Promise<Buffer>;
  /** Closes the connection, and stops the server if it was started for it. */
  close: () => Promise<void>;
}

/**
 * Connects to the server that runs with the data directory. Starts one on a free port of this
 * machine if there is none.
 */
export async function connectServer(config: MiniOpenClawConfig): Promise<ServerConnection> {
  // Other users of this machine must not reach a server that is only for this command.
  const own = { ...config, port: 0, host: "127.0.0.1", token: randomBytes(32).toString("hex") };
  try {
    const { address, stop } = await startServer(own, { print: () => undefined, isPrivate: true });
    return await open(address, own.token, stop);
  } catch (error) {
    const address = StoreError.is(error) && error.code === "FOLDER_LOCKED" && readAddress(config.dataDir);
    if (!address) throw error;
    await requireAccess(address, config.token);
    return open(address, config.token, async () => undefined);
  }
}

/**
 * Returns the session of `--session`, or a new one without the option. Closes the connection if
 * there is none.
 *
 * @throws UsageError if there is no such session
 */
export async function openSession(
  { client, close }: Pick<ServerConnection, "client" | "close">,
  sessionId: unknown,
): Promise<Session> {
  try {
    if (typeof sessionId !== "string") return await client.create();
    await client.ask({ type: "history", sessionId, limit: 1 });
    return client.session(sessionId);
  } catch (error) {
    await close();
    if (typeof sessionId !== "string") throw error;
    if (!ClientError.is(error) || error.retryable) throw error;
    throw unknownSession(sessionId);
  }
}

/** Creates the error about a `--session` that does not exist. */
export function unknownSession(sessionId: string): UsageError {
  return new UsageError(
    `\`--session\` must be the id of a session, got ${JSON.stringify(sessionId)}. List them with mini-openclaw sessions ls.`,
  );
}

async function open(
  address: string,
  token: string | undefined,
  stop: () => Promise<void>,
): Promise<ServerConnection> {
  let isOpen = false;
  const client = connect({
    url: address,
    WebSocket,
    ...(token !== undefined && { token }),
    // The first failure is thrown.
    onFailure: (error) => isOpen && warn(`Mini OpenClaw: ${String(describeFailure(error))}`),
  });
  try {
    await client.connected();
    isOpen = true;
  } catch (error) {
    client.close();
    await stop();
    throw error;
  }
  return {
    client,
    async loadBlob(sessionId, blob) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(new URL(`sessions/${sessionId}/blobs/${blob}`, address), { headers });
      if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
      return Buffer.from(await response.arrayBuffer());
    },
    async close() {
      client.close();
      await stop();
    },
  };
}

/**
 * Checks that a server accepts the token.
 *
 * @throws ConfigError for another token
 * @throws ClientError if the server does not answer
 */
async function requireAccess(address: string, token: string | undefined): Promise<void> {
  const access = await askForAccess(address, token);
  if (access === "accepted") return;
  if (access === undefined) throw new ClientError("CONNECT_FAILED", silentServer(address));
  const got = token === undefined ? "none" : "another one";
  const message = `must be the token of the server that runs at ${address}, got ${got}.`;
  throw new ConfigError([{ name: "MINI_OPENCLAW_TOKEN", message }]);
}
