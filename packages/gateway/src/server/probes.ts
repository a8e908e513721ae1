import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson } from "../shared/send-json.ts";
import type { Readiness } from "./readiness.ts";

/** What `GET /health` answers. */
export interface Health {
  /** Clients connected now. */
  connections: number;
  /** Sessions with a run or a watcher. */
  sessions: number;
  /** Runs going on or waiting. */
  runs: number;
  /** Of these, runs that wait: for the one before them, or for a place among all. */
  waiting: number;
  uptimeMs: number;
}

interface Probes {
  health(): Health;
  readiness(): Promise<Readiness>;
}

/** Answers `/health`, `/healthz` and `/readyz`; false for any other path, which is then somebody else's. */
export function answerProbe(request: IncomingMessage, response: ServerResponse, probes: Probes): boolean {
  const path = request.url?.split("?", 1)[0];
  if (path !== "/health" && path !== "/healthz" && path !== "/readyz") return false;
  if (request.method !== "GET" && request.method !== "HEAD") {
    sendJson(response, 405, { error: `${path} takes GET` }, { Allow: "GET, HEAD" });
  } else if (path === "/healthz") {
    sendJson(response, 200, { alive: true });
  } else if (path === "/health") {
    sendJson(response, 200, probes.health());
  } else {
    void probes.readiness().then((readiness) => sendJson(response, readiness.ready ? 200 : 503, readiness));
  }
  return true;
}
