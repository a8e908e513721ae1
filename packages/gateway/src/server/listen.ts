import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type AccessOptions, isLoopback, ownAccess } from "../auth/access.ts";
import { answerLogin } from "../auth/login.ts";
import { Newcomers } from "../auth/newcomers.ts";
import { MIN_TOKEN_BYTES, TokenGuard } from "../auth/token.ts";
import type { RequestGuard } from "../auth/upgrade-guard.ts";
import { ownUpgradeGuard, tokenRefusal, type UpgradeGuard } from "../auth/upgrade-guard.ts";
import { answerMetrics, type MetricsSource } from "../observe/answer-metrics.ts";
import { isThenable } from "../shared/callbacks.ts";
import { GatewayError } from "../shared/errors.ts";
import { sendJson } from "../shared/send-json.ts";
import type { Refusal } from "../socket/refuse-upgrade.ts";
import { answerProbe, type Health } from "./probes.ts";
import type { Readiness } from "./readiness.ts";

export interface ListenOptions {
  /** 0 takes any free port. @default 3210 */
  port?: number;
  /** Anything beyond loopback needs a `token`. @default "127.0.0.1" */
  host?: string;
  /**
   * At least 32 bytes. With it, every connection must carry it: `Authorization: Bearer …`, the subprotocol `bearer.…`, the
   * page's cookie, or, at `/?auth=frame`, a first frame.
   */
  token?: string;
  /** Answers requests that are not the gateway's own, such as those for a page; false leaves them to a 404. */
  serve?: (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;
  /** What `GET /metrics` shows, to whoever has the token: `createMetrics(gateway).registry`, say. @default there is none */
  metrics?: MetricsSource;
}

/** What a listening server asks of its gateway. */
interface Gateway {
  health(): Health;
  readiness(): Promise<Readiness>;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, door: UpgradeGuard): void;
  /** Answers what asks for sessions; false for any other path. */
  answer(request: IncomingMessage, response: ServerResponse, door: RequestGuard): boolean;
  onRefused: (refusal: Refusal, request: IncomingMessage) => void;
  onFailure: (error: unknown, during: string) => void;
}

// Chosen: an answer that is on its way when the gateway closes has arrived by then, or never will.
const LAST_ANSWER_MS = 1000;

export interface Listener {
  address: { host: string; port: number };
  /** Resolves when the port is free. */
  close(): Promise<void>;
}

/** The gateway's own HTTP server: every request and upgrade is checked by `Host` and `Origin` first. */
export async function listen(
  { port = 3210, host = "127.0.0.1", token, serve, metrics }: ListenOptions,
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
  const access = ownAccess(address, accessOptions, { hasToken: token !== undefined });
  const guard = token === undefined ? undefined : new TokenGuard(token);
  const newcomers = new Newcomers();
  const door = ownUpgradeGuard(access, guard, newcomers);
  // A browser that asks for leave, before it sends a page's request, shows no token.
  const httpDoor: RequestGuard = (request) =>
    guard && request.method !== "OPTIONS" ? tokenRefusal(guard.judge(request)) : undefined;

  server.on("connection", (socket: Socket) => newcomers.add(socket));
  server.on("request", (request, response) => {
    const refusal = access(request);
    if (refusal !== undefined) {
      gateway.onRefused({ status: 403, reason: refusal }, request);
      return sendJson(response, 403, { error: refusal, code: "FORBIDDEN", retryable: false });
    }
    if (answerProbe(request, response, gateway)) return;
    if (guard && answerLogin(request, response, guard)) return;
    if (metrics && request.url === "/metrics") {
      const refused = httpDoor(request);
      if (!refused) return void answerMetrics(request, response, metrics, gateway.onFailure);
      gateway.onRefused(refused, request);
      return sendJson(response, refused.status, { error: refused.reason }, { ...refused.headers });
    }
    const isAnswered = gateway.answer(request, response, (asked) => {
      const refused = httpDoor(asked);
      if (!refused) admitWhileAnswering(newcomers, request.socket, response);
      return refused;
    });
    if (isAnswered) return;
    void answerOther(serve, request, response, gateway);
  });
  server.on("upgrade", (request, socket, head) => gateway.upgrade(request, socket, head, door));

  return {
    address,
    close: () =>
      new Promise((resolve) => {
        // By then Node has stopped looking after requests that take too long.
        const cut = setTimeout(() => server.closeAllConnections(), LAST_ANSWER_MS);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** Keeps a client's socket while its request is answered. Between two requests it may make room for others. */
function admitWhileAnswering(newcomers: Newcomers, socket: Socket, response: ServerResponse): void {
  newcomers.admit(socket);
  response.once("close", () => newcomers.add(socket));
}

/** Lets the app answer a request, or answers 404. A failure of the app becomes a 500. Never rejects. */
async function answerOther(
  serve: ListenOptions["serve"],
  request: IncomingMessage,
  response: ServerResponse,
  { onFailure }: Gateway,
): Promise<void> {
  try {
    // Not awaited where it is no promise: a page is answered at once.
    const served = serve?.(request, response) ?? false;
    if (!(isThenable(served) ? await served : served))
      sendJson(response, 404, { error: "There is nothing here." });
  } catch (error) {
    onFailure(error, "serve");
    if (response.headersSent) response.destroy();
    else sendJson(response, 500, { error: "The gateway failed; its log says why." });
  }
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
