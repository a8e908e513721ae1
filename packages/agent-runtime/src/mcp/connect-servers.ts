import { checkCount, checkKnown, checkText } from "../shared/check-options.ts";
import type { ToolDefinition, ToolSource } from "../tool-calls/define-tool.ts";
import type { McpConfig } from "./config.ts";
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
  const servers = Object.entries(config).map(
    ([name, server]) =>
      new McpServer({ name, config: server, workspaceDir, connectTimeoutMs, callTimeoutMs }),
  );
  await Promise.all(servers.map((server) => server.start()));
  return {
    tools: () => withoutClashes(servers.flatMap(({ definitions }) => definitions)),
    instructions: () =>
      servers.flatMap(({ instructions, status }) =>
        instructions === "" ? [] : [{ title: `Text of the MCP server ${status.name}`, text: instructions }],
      ),
    status: () => servers.map(({ status }) => status),
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** Two servers whose names differ in signs only may give two tools one name: the first counts. */
function withoutClashes(definitions: readonly ToolDefinition[]): ToolDefinition[] {
  return [...new Map(definitions.toReversed().map((one) => [one.name, one])).values()].toReversed();
}
