export type { McpConfig, McpHttpServer, McpStdioServer } from "./mcp/config.ts";
export { readMcpConfig } from "./mcp/config.ts";
export type { McpServers, McpServersOptions } from "./mcp/connect-servers.ts";
export { connectMcpServers } from "./mcp/connect-servers.ts";
export type { McpServerStatus } from "./mcp/server.ts";
