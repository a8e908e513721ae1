import type { ToolContext } from "../../src/index.ts";
import { connectMcpServers, type McpConfig } from "../../src/mcp.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";

/** Servers that are closed at the end of the scope. */
export async function connected(
  config: McpConfig,
  options: { connectTimeoutMs?: number; callTimeoutMs?: number } = {},
) {
  const workspace = await temporaryDirectory({ "a.txt": "in the workspace\n" });
  const servers = await connectMcpServers(config, { workspaceDir: workspace.path, ...options });
  return {
    servers,
    path: workspace.path,
    call: (name: string, input: Record<string, unknown>, given?: Partial<ToolContext>) =>
      callTool(
        servers.tools().find((tool) => tool.name === name),
        input,
        given,
      ),
    async [Symbol.asyncDispose]() {
      await servers.close?.();
      await workspace[Symbol.asyncDispose]();
    },
  };
}
