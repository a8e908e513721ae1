import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Lets the page that asks read the answer. Only pages that the origin check accepts come here: the
 * gateway's own, which need no leave, and those of `allowedOrigins`.
 */
export function allowOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
  // Answers to anybody else's page stay unread, those to requests without an `Origin` included.
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.appendHeader("Vary", "Origin, Cookie, Authorization");
  const { origin } = headers;
  if (origin === undefined) return;
  response.setHeader("Access-Control-Allow-Origin", origin);
  response.setHeader("Access-Control-Allow-Credentials", "true");
  response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
}

// Ten minutes: what may be asked for does not change while the gateway runs.
const MAX_AGE_S = 600;

/** Answers a browser that asks before it sends a page's request. */
export function answerPreflight(response: ServerResponse, methods: readonly string[]): void {
  response.writeHead(204, {
    "Access-Control-Allow-Methods": methods.join(", "),
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID",
    "Access-Control-Max-Age": String(MAX_AGE_S),
  });
  response.end();
}
