import { checkCount, checkKnown, checkText } from "../shared/check-options.ts";
import type { ToolSource } from "../tool-calls/define-tool.ts";
import { checkMcpConfig, type McpConfig } from "./config.ts";
import { McpServer, type McpServerStatus } from "./server.ts";

export interface McpServersOptions {
  /** The folder in which servers are started. */
  workspaceDir: string;
  /** The time to connect to a server and read its tools, in milliseconds. @default 15000 */
  connectTimeoutMs?: number;
  /** Time limit of a call, in milliseconds. @default 120000 */
  callTimeoutMs?: number;
}

/** Servers and their tools, for the option `toolSources` of an agent. */
export interface McpServers extends ToolSource {
  /** Returns the state of each server. */
  status(): readonly McpServerStatus[];
}

/**
 * Connects to all servers in parallel. Resolves when each is connected, or has failed or used up
 * its time. Never rejects because of a server. The tools of one that fails are not there, and its
 * status has the reason.
 *
 * Tools need approval unless the config trusts them. A changed list is used from the next run on.
 *
 * @throws AgentError `INVALID_OPTION` that names the faulty option, or the faulty field of a server
 */
export async function connectMcpServers(config: McpConfig, options: McpServersOptions): Promise<McpServers> {
  checkKnown("connectMcpServers", options, {
    workspaceDir: true,
    connectTimeoutMs: true,
    callTimeoutMs: true,
  });
  const workspaceDir = checkText("workspaceDir", options.workspaceDir);
  const connectTimeoutMs = checkCount("connectTimeoutMs", options.connectTimeoutMs ?? 15_000);
  const callTimeoutMs = checkCount("callTimeoutMs", options.callTimeoutMs ?? 120_000);
  const servers = Object.entries(checkMcpConfig(config)).map(
    ([name, server]) =>
      new McpServer({ name, config: server, workspaceDir, connectTimeoutMs, callTimeoutMs }),
  );
  await Promise.all(servers.map((server) => server.start()));
  return {
    tools() {
      const owners = ownersOf(servers);
      return servers.flatMap((server) =>
        server.definitions.filter(({ name }) => owners.get(name) === server),
      );
    },
    instructions: () =>
      servers.flatMap(({ instructions, status }) =>
        instructions === "" ? [] : [{ title: `Text of the MCP server ${status.name}`, text: instructions }],
      ),
    status() {
      const owners = ownersOf(servers);
      return servers.map((server) => statusOf(server, owners));
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** Of tools with one name, that of the first server counts: servers may differ in signs only. */
function ownersOf(servers: readonly McpServer[]): Map<string, McpServer> {
  const owners = new Map<string, McpServer>();
  for (const server of servers)
    for (const { name } of server.definitions) if (!owners.has(name)) owners.set(name, server);
  return owners;
}

/** Returns the state of a server, with the tools that another one's keep from being used. */
function statusOf(server: McpServer, owners: ReadonlyMap<string, McpServer>): McpServerStatus {
  const { status, definitions } = server;
  const clashes = definitions.flatMap(({ name }) => {
    const owner = owners.get(name);
    if (owner === server || !owner) return [];
    return [`The tool ${name} was left out: the server ${owner.status.name} has one of this name.`];
  });
  const tools = status.tools - clashes.length;
  return clashes.length === 0 ? status : { ...status, tools, faults: [...status.faults, ...clashes] };
}
