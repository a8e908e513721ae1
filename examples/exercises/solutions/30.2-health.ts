import type { RequestListener } from "node:http";
import type { GatewayServer } from "@mini-openclaw/gateway";

/**
 * Answers `GET /health` with the numbers of connections and sessions, as JSON. `GET /healthz` is
 * 200 while the process lives. `GET /readyz` is 503 once `isStopping` returns true. Anything else
 * is 404.
 */
export function createHealthListener(
  gateway: Pick<GatewayServer, "health">,
  isStopping: () => boolean,
): RequestListener {
  return ({ method, url }, response) => {
    const path = method === "GET" ? url?.split("?", 1)[0] : undefined;
    if (path === "/healthz") response.end("ok");
    else if (path === "/readyz") response.writeHead(isStopping() ? 503 : 200).end();
    else if (path === "/health") {
      const { connections, sessions } = gateway.health();
      response.writeHead(200, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ connections, sessions }));
    } else response.writeHead(404).end();
  };
}
