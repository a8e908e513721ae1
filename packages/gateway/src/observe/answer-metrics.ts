import type { IncomingMessage, ServerResponse } from "node:http";
import { sendJson } from "../http-routes.ts";

/** What `/metrics` shows: a `Registry` of prom-client is one. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** Answers a request for `/metrics`. Rejections of the source become a 500, and go to `onFailure`. */
export function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  source: MetricsSource,
  onFailure: (error: unknown, during: string) => void,
): void {
  if (request.method !== "GET") {
    sendJson(response, 405, { error: "/metrics takes GET" }, { Allow: "GET" });
    return;
  }
  source.metrics().then(
    (text) => {
      response.writeHead(200, { "Content-Type": source.contentType, "Cache-Control": "no-store" });
      response.end(text);
    },
    (error: unknown) => {
      onFailure(error, "metrics");
      sendJson(response, 500, { error: "The gateway failed; its log says why." });
    },
  );
}
