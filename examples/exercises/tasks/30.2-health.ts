import type { RequestListener } from "node:http";
import type { GatewayServer } from "@mini-openclaw/gateway";

/**
 * Answers `GET /health` with the numbers of connections and sessions, as JSON. `GET /healthz` is
 * 200 while the process lives. `GET /readyz` is 503 once `isStopping` returns true. Anything else
 * is 404.
 */
export function createHealthListener(
  _gateway: Pick<GatewayServer, "health">,
  _isStopping: () => boolean,
): RequestListener {
  return (_request, response) => response.writeHead(501).end();
}
