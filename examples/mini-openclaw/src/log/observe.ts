import process from "node:process";
import type { McpServerStatus } from "@mini-openclaw/agent-runtime/mcp";
import type { GatewayServer, Logger, MetricsSource, PartStatus } from "@mini-openclaw/gateway";
import type { LogLevel } from "../settings/config.ts";
import { printProblem } from "./report.ts";

/** The log of the server. */
export interface ServerLog {
  /** The logger of the gateway. `undefined` without a log level. */
  logger: Logger | undefined;
  /** Reports a problem of one part of the server. */
  report: (part: string, problem: unknown) => void;
}

/**
 * Opens the log: JSON lines on standard error with a level, plain text for problems without one.
 */
export async function openLog(level: LogLevel | undefined): Promise<ServerLog> {
  if (level === undefined) {
    return { logger: undefined, report: printProblem };
  }
  // Loaded here, so that a server without a log level starts faster.
  const { destination, pino } = await import("pino");
  // A log that cannot be written must not end the server.
  const output = destination({ dest: process.stderr.fd, sync: true }).on("error", () => undefined);
  const logger = pino({ level }, output);
  return { logger, report: (part, problem) => logger.error({ part, err: problem }, "failed") };
}

/** Returns the source of `GET /metrics`. */
export async function openMetrics(gateway: GatewayServer): Promise<MetricsSource> {
  const { createMetrics } = await import("@mini-openclaw/gateway/metrics");
  return createMetrics(gateway).registry;
}

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
