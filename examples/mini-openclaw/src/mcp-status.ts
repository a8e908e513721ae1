import type { McpServerStatus } from "@mini-openclaw/agent-runtime/mcp";
import type { PartStatus } from "@mini-openclaw/gateway";

const states = { connecting: "starting", connected: "ok", failed: "failed", closed: "failed" } as const;

/** Returns the state of an MCP server for `/readyz` and the page. */
export function toPart({ name, state, tools, error, faults }: McpServerStatus): PartStatus {
  const details = [
    `${tools} ${tools === 1 ? "tool" : "tools"}`,
    ...(error === undefined ? [] : [error]),
    ...faults,
  ];
  return { name: `MCP server ${name}`, state: states[state], detail: details.join("\n") };
}
