import type { ServerResponse } from "node:http";
import type { Submitted } from "../../commands/submit.ts";
import { whenGone } from "./gone-signal.ts";

/**
 * Answers with the end of a run. Until then it sends a line feed now and then, which JSON allows
 * before a value, so that proxies do not close the connection. From the first one on, the status is
 * 200. Rejects as `ended` does.
 */
export async function awaitRun(
  response: ServerResponse,
  { sessionId, runId, ended }: Submitted,
  { gone, heartbeatMs }: { gone: AbortSignal; heartbeatMs: number },
): Promise<void> {
  // Koa begins each answer with a 404.
  response.statusCode = 200;
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  // Middleware that compresses would keep the line feeds back.
  response.setHeader("Cache-Control", "no-store, no-transform");
  response.setHeader("X-Content-Type-Options", "nosniff");
  const heartbeat = setInterval(() => response.write("\n"), heartbeatMs);
  try {
    const end = await Promise.race([ended, whenGone(gone)]);
    if (end) response.end(`${JSON.stringify({ sessionId, runId, ...end })}\n`);
  } finally {
    clearInterval(heartbeat);
  }
}
