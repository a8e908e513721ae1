import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { type Access, type AccessOptions, ownAccess } from "./access.ts";
import { GatewayError } from "./errors.ts";
import { answerProbe, type Health, type Readiness, sendJson } from "./http-routes.ts";
import { answerLogin } from "./login.ts";
import { refuseUpgrade } from "./refuse-upgrade.ts";
import { carriesToken, MIN_TOKEN_BYTES } from "./token.ts";

export interface ListenOptions {
  /** 0 takes any free port. @default 3210 */
  port?: number;
  /** Anything beyond loopback needs a `token`. @default "127.0.0.1" */
  host?: string;
  /** At least 32 bytes. With it, every connection must carry it: `Authorization: Bearer …`, or the page's cookie. */
  token?: string;
  /** Answers requests that are not the gateway's own, such as those for a page; false leaves them to a 404. */
  serve?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** What a listening server asks of its gateway. */
interface Gateway {
  health(): Health;
  readiness(): Readiness;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, access: Access): void;
}

export interface Listener {
  address: { host: string; port: number };
  /** Resolves when the port is free. */
  close(): Promise<void>;
}

/** The gateway's own HTTP server: every request and upgrade is checked by `Host` and `Origin` first. */
export async function listen(
  { port = 3210, host = "127.0.0.1", token, serve }: ListenOptions,
  accessOptions: AccessOptions,
  gateway: Gateway,
): Promise<Listener> {
  requireToken(host, token);
  const server = createServer({
    // Chosen: a client that needs longer than this for its headers is not one.
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    // Node's default of 30 s would make the two above lazy.
    connectionsCheckingInterval: 1000,
  });
  const address = await bind(server, port, host);
  const access = ownAccess(address.port, isLoopback(host), accessOptions);

  server.on("request", (request, response) => {
    const refusal = access(request);
    if (refusal !== undefined) return sendJson(response, 403, { error: refusal });
    if (answerProbe(request, response, gateway)) return;
    if (token !== undefined && answerLogin(request, response, token)) return;
    if (serve?.(request, response)) return;
    sendJson(response, 404, { error: "There is nothing here." });
  });
  server.on("upgrade", (request, socket, head) => {
    if (request.url?.split("?", 1)[0] !== "/") {
      return refuseUpgrade(socket, 404, "The gateway's WebSocket is at /.");
    }
    if (token !== undefined && !carriesToken(request, token)) {
      return refuseUpgrade(
        socket,
        401,
        "Send the token as `Authorization: Bearer …`, or log in on the page.",
      );
    }
    gateway.upgrade(request, socket, head, access);
  });

  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function requireToken(host: string, token: string | undefined): void {
  const bytes = token === undefined ? 0 : Buffer.byteLength(token);
  if (token !== undefined && bytes < MIN_TOKEN_BYTES) {
    throw new GatewayError(
      "TOKEN_REQUIRED",
      `token: ${bytes} bytes are too few; at least ${MIN_TOKEN_BYTES} are needed.`,
    );
  }
  if (token === undefined && !isLoopback(host)) {
    const need = `a token of at least ${MIN_TOKEN_BYTES} bytes, or a loopback host such as 127.0.0.1`;
    throw new GatewayError("TOKEN_REQUIRED", `host: ${host} can be reached by others, which needs ${need}.`);
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function bind(server: Server, port: number, host: string): Promise<{ host: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: "another program has it",
        EACCES: "this user may not have it",
        EADDRNOTAVAIL: "this machine has no such address",
      };
      const reason = reasons[cause.code ?? ""] ?? cause.message;
      reject(new GatewayError("PORT_UNAVAILABLE", `Port ${port} on ${host}: ${reason}.`, { cause }));
    });
    server.listen({ port, host }, () => {
      resolve({ host, port: (server.address() as AddressInfo).port });
    });
  });
}
