import type { IncomingMessage, ServerResponse } from "node:http";
import { gatewayFailed } from "../shared/errors.ts";
import { sendRefusal } from "../shared/http-body.ts";

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
  if (request.method !== "GET" && request.method !== "HEAD") {
    const headers = { Allow: "GET, HEAD" };
    return sendRefusal(response, { status: 405, reason: "/metrics accepts GET.", headers });
  }
  try {
    const text: unknown = await source.metrics();
    if (typeof text !== "string") throw new TypeError("`metrics()` must return a string.");
    response.writeHead(200, { "Content-Type": source.contentType, "Cache-Control": "no-store" });
    response.end(text);
  } catch (error) {
    onFailure(error, "metrics");
    sendRefusal(response, { status: 500, reason: gatewayFailed });
  }
}
