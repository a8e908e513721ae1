import type { Transport } from "@modelcontextprotocol/client";
import type { McpHttpServer, McpStdioServer } from "./config.ts";
import { createHttpTransport } from "./http-transport.ts";

/** A way to a server that was just opened. */
export interface OpenedTransport {
  transport: Transport;
  /** Returns the end of what the server's process wrote to standard error. */
  complaints: () => string;
  /** Ends the server's session, where it has one. */
  endSession: () => Promise<void>;
}

/** Characters of standard error that a status holds. */
const MAX_COMPLAINT_CHARS = 2000;

/** Prepares the transport of a server. Starts nothing yet. */
export async function openTransport(
  server: McpStdioServer | McpHttpServer,
  workspaceDir: string,
): Promise<OpenedTransport> {
  if ("url" in server) {
    const http = await createHttpTransport(server);
    return { transport: http, complaints: () => "", endSession: () => http.terminateSession() };
  }
  const { getDefaultEnvironment, StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  const stdio = new StdioClientTransport({
    command: server.command,
    args: [...server.args],
    // HOME, PATH and the like, and what the config names: no key of ours.
    env: { ...getDefaultEnvironment(), ...server.env },
    cwd: workspaceDir,
    stderr: "pipe",
  });
  let end = "";
  stdio.stderr?.on("data", (data: Buffer) => {
    end = (end + data.toString()).slice(-MAX_COMPLAINT_CHARS);
  });
  return { transport: stdio, complaints: () => end.trim(), endSession: async () => {} };
}
