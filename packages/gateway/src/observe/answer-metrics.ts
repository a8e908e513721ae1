import type { IncomingMessage, ServerResponse } from "node:http";
import { gatewayFailed } from "../shared/errors.ts";
import { sendJson } from "../shared/http-body.ts";

/** A source of metrics. A `Registry` of prom-client is one. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/**
 * Answers a request for `/metrics`. What the source throws becomes a 500, and goes to `onFailure`.
 * Never rejects.
 */
export async function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  source: MetricsSource,
  onFailure: (error: unknown, during: string) => void,
): Promise<void> {
  if (request.method !== "GET")
    return sendJson(response, 405, { error: "/metrics takes GET" }, { Allow: "GET" });
  try {
    const text: unknown = await source.metrics();
    if (typeof text !== "string") throw new TypeError("`metrics()` must return a string.");
    response.writeHead(200, { "Content-Type": source.contentType, "Cache-Control": "no-store" });
    response.end(text);
  } catch (error) {
    onFailure(error, "metrics");
    sendJson(response, 500, { error: gatewayFailed });
  }
}
