import type { ServerResponse } from "node:http";
import type { Submitted } from "../commands/submit.ts";

/**
 * Answers with what a run comes to, when it does. Until then a line feed now and then, which JSON allows before a value, keeps
 * proxies from giving up; from the first one on, the status is 200. Rejects as `ended`.
 */
export async function awaitRun(
  response: ServerResponse,
  { sessionId, runId, ended }: Submitted,
  { gone, heartbeatMs }: { gone: AbortSignal; heartbeatMs: number },
): Promise<void> {
  response.setHeader("Content-Type", "application/json; charset=utf-8");
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("X-Content-Type-Options", "nosniff");
  const heartbeat = setInterval(() => response.write("\n"), heartbeatMs);
  const left = new Promise<void>((resolve) => {
    gone.addEventListener("abort", () => resolve());
    if (gone.aborted) resolve();
  });
  try {
    const end = await Promise.race([ended, left]);
    if (end) response.end(`${JSON.stringify({ sessionId, runId, ...end })}\n`);
  } finally {
    clearInterval(heartbeat);
  }
}
