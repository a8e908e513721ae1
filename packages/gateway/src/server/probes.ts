import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson, sendRefusal } from "../shared/http-body.ts";
import { pathOf } from "../shared/request.ts";
import type { Readiness } from "./readiness.ts";

/** The answer to `GET /health`. */
export interface Health {
  /** Clients connected now. */
  connections: number;
  /** Sessions with a run or a watcher. */
  sessions: number;
  /** Runs that have started or wait. */
  runs: number;
  /** Of these, runs that wait: for the one before them, or for a place among all. */
  waiting: number;
  uptimeMs: number;
}

interface Probes {
  health(): Health;
  readiness(): Promise<Readiness>;
}

/**
 * Answers `/healthz`, which shows only that the process lives. So it is answered under any `Host`,
 * as health checks send. Returns false for any other path.
 */
export function answerLiveness(request: IncomingMessage, response: ServerResponse): boolean {
  if (pathOf(request) !== "/healthz") return false;
  if (isRead(request, response, "/healthz")) sendJson(response, 200, { alive: true });
  return true;
}

/** Answers `/health` and `/readyz`. Returns false for any other path. */
export function answerProbe(request: IncomingMessage, response: ServerResponse, probes: Probes): boolean {
  const path = pathOf(request);
  if (path !== "/health") return answerReadiness(request, response, () => probes.readiness());
  if (isRead(request, response, path)) sendJson(response, 200, probes.health());
  return true;
}

/** Answers `/readyz`. Returns false for any other path. */
export function answerReadiness(
  request: IncomingMessage,
  response: ServerResponse,
  readReadiness: () => Promise<Pick<Readiness, "ready">>,
): boolean {
  if (pathOf(request) !== "/readyz") return false;
  if (!isRead(request, response, "/readyz")) return true;
  void readReadiness().then((readiness) => sendJson(response, readiness.ready ? 200 : 503, readiness));
  return true;
}

/** Returns true for GET and HEAD, and answers 405 to any other method. */
function isRead({ method }: IncomingMessage, response: ServerResponse, path: string): boolean {
  if (method === "GET" || method === "HEAD") return true;
  sendRefusal(response, { status: 405, reason: `${path} accepts GET.`, headers: { Allow: "GET, HEAD" } });
  return false;
}
