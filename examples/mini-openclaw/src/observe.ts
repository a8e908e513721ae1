import process from "node:process";
import type { GatewayServer, Logger, MetricsSource } from "@mini-openclaw/gateway";
import type { LogLevel } from "./config.ts";

/** Where what goes on is written down. */
export interface ServerLog {
  /** For the gateway; `undefined`: it prints its failures. */
  logger: Logger | undefined;
  /** Writes down a problem of another part. */
  report: (part: string, problem: unknown) => void;
}

/** With a level, lines of JSON on standard error; without one, problems as people read them. */
export async function openLog(level: LogLevel | undefined): Promise<ServerLog> {
  if (level === undefined) {
    return { logger: undefined, report: (part, problem) => console.error(`[${part}]`, problem) };
  }
  // Here, so that a server that is not asked for it starts without it.
  const { destination, pino } = await import("pino");
  const logger = pino({ level }, destination({ dest: process.stderr.fd, sync: true }));
  return { logger, report: (part, problem) => logger.error({ part, err: problem }, "failed") };
}

/** What `GET /metrics` shows. */
export async function openMetrics(gateway: GatewayServer): Promise<MetricsSource> {
  const { createMetrics } = await import("@mini-openclaw/gateway/metrics");
  return createMetrics(gateway).registry;
}
