import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Access, type AccessOptions, isLoopback, ownAccess } from "../auth/access.ts";
import { answerLogin } from "../auth/login.ts";
import { Newcomers } from "../auth/newcomers.ts";
import { MIN_TOKEN_BYTES, readTokens, TokenGuard } from "../auth/token.ts";
import type { RequestGuard } from "../auth/upgrade-guard.ts";
import { ownUpgradeGuard, tokenRefusal, type UpgradeGuard } from "../auth/upgrade-guard.ts";
import type { Dialect } from "../connection/dialect.ts";
import { checkForm, type HttpForm } from "../http/form/http-form.ts";
import { answerMetrics, type MetricsSource } from "../observe/answer-metrics.ts";
import { requireWhole } from "../shared/check-options.ts";
import { GatewayError } from "../shared/errors.ts";
import { sendRefusal } from "../shared/http-body.ts";
import { readPath, readPaths } from "../shared/paths.ts";
import type { Refusal } from "../shared/refusal.ts";
import { offersWebSocket, pathOf } from "../shared/request.ts";
import { answerOther, type RouteAnswerer, type Routes, readRoutes } from "./app-answers.ts";
import { removeBasePath, withoutBasePath } from "./base-path.ts";
import { serveWithoutOffer } from "./offered-protocols.ts";
import { answerLiveness, answerProbe, answerReadiness, type Health } from "./probes.ts";
import { type PartStatus, type Readiness, visibleParts } from "./readiness.ts";

export interface ListenOptions {
  /** 0 takes any free port. @default 3210 */
  port?: number;
  /** Anything beyond loopback needs a `token`. @default "127.0.0.1" */
  host?: string;
  /**
   * The prefix that a proxy leaves before every path, such as `/claw`. Paths without it are
   * answered too, for probes that do not pass the proxy. @default "/"
   */
  path?: string;
  /**
   * At least 32 visible ASCII characters. With it, every connection must carry it: `Authorization:
   * Bearer …`, the subprotocol `bearer.…`, the page's cookie, or, at `/?auth=frame`, a first frame.
   * In a list each token is right, so that one can replace another.
   */
  token?: string | readonly string[];
  /**
   * Answers requests that are not the gateway's own, such as those for a page. Returning false
   * leaves them to a 404.
   */
  serve?: (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;
  /**
   * Answers `GET /metrics`, for clients with the token: `createMetrics(gateway).registry`, say.
   * @default there is none
   */
  metrics?: MetricsSource;
  /**
   * Returns the states of the app's parts, such as its MCP servers. `GET /readyz` has them, and the
   * page shows them. A part that failed does not make the gateway unready.
   * @default none
   */
  parts?: () => readonly PartStatus[];
  /**
   * Answers requests of an app's own paths, for clients with the token, such as
   * `{ "/settings": answer }`. A path that the gateway answers itself comes first.
   * @default none
   */
  routes?: Readonly<Record<string, RouteAnswerer>>;
  /**
   * The dialects of clients that name no subprotocol, by the path of their upgrade, such as
   * `{ "/": openClaw }`.
   * @default the native form at `/`
   */
  dialects?: Readonly<Record<string, Dialect>>;
  /**
   * Forms of the protocol on HTTP requests, by the path under which their own paths begin, such as
   * `{ "/api/chat": form }`.
   * @default none beside that of PROTOCOL.md, “Over HTTP”
   */
  forms?: Readonly<Record<string, HttpForm>>;
}

/** The gateway of a listening server. */
interface Gateway {
  health(): Health;
  readiness(): Promise<Readiness>;
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    options: { guard: UpgradeGuard; given: Dialect | undefined },
  ): void;
  /** Answers requests for sessions. Returns false for any other path. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    mount: { base: string; form?: HttpForm; guard: RequestGuard },
  ): boolean;
  onRefused: (refusal: Refusal, request: IncomingMessage) => void;
  onFailure: (error: unknown, during: string) => void;
}

// An answer that is on its way when the gateway closes has arrived by then, or never will.
const LAST_ANSWER_MS = 1000;

const MAX_PORT = 65_535;

export interface Listener {
  address: { host: string; port: number };
  /** Resolves when the port is free. */
  close(): Promise<void>;
}

/**
 * Starts the gateway's own HTTP server, with options that `checkListenOptions` has accepted. It
 * checks every request and upgrade by `Host` and `Origin` first.
 */
export async function listen(
  options: ListenOptions,
  accessOptions: AccessOptions,
  gateway: Gateway,
): Promise<Listener> {
  const { port = 3210, host = "127.0.0.1" } = options;
  requireWhole("port", port, { least: 0, most: MAX_PORT });
  const base = readPath("listen", options.path === undefined ? {} : { path: options.path }, {
    fallback: "/",
  });
  const tokens = readTokens(options.token);
  const routes = readRoutes(options.routes);
  if (tokens.length === 0) requireLoopback(host);
  const forms = [...readPaths("forms", options.forms)].map(([base, form]) => {
    checkForm(form, `forms["${base}"]`);
    return { base, form };
  });
  const dialects = readPaths("dialects", options.dialects);
  const server = createServer({
    // Long enough for the headers of any client.
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    // Node's default of 30 s would make the two above lazy.
    connectionsCheckingInterval: 1000,
  });
  // Node drops headers beyond its count without a word. Their bytes are limited anyway.
  server.maxHeadersCount = 0;
  const address = await bind(server, port, host);
  const guard = tokens.length > 0 ? new TokenGuard(tokens) : undefined;
  const { onFailure } = gateway;
  const access = ownAccess(address, accessOptions, { hasToken: guard !== undefined, onFailure });
  const newcomers = new Newcomers();
  const paths = new Set(["/", ...dialects.keys()]);
  const upgradeGuard = ownUpgradeGuard(access, { guard, newcomers, paths });

  server.on("connection", (socket: Socket) => newcomers.add(socket));
  const answer = createAnswerer(options, { access, guard, newcomers, routes, forms, gateway });
  server.on("request", withoutBasePath(base, answer));
  server.on("upgrade", (request, socket, head) => {
    removeBasePath(request, base);
    const given = dialects.get(pathOf(request));
    if (offersWebSocket(request)) gateway.upgrade(request, socket, head, { guard: upgradeGuard, given });
    else serveWithoutOffer(server, request, socket, head);
  });
  return { address, close: () => closeServer(server) };
}

interface AnswererDeps {
  access: Access;
  guard: TokenGuard | undefined;
  newcomers: Newcomers;
  routes: Routes;
  /** The forms of the options, with their base paths. */
  forms: readonly { base: string; form: HttpForm }[];
  gateway: Gateway;
}

/** Creates the listener for requests: probes, login, metrics, sessions, then the app's own. */
function createAnswerer(
  { serve, metrics, parts }: ListenOptions,
  { access, guard, newcomers, routes, forms, gateway }: AnswererDeps,
): (request: IncomingMessage, response: ServerResponse) => void {
  // A browser that asks for leave, before it sends a page's request, shows no token.
  const requestGuard: RequestGuard = (request) =>
    guard && request.method !== "OPTIONS" ? tokenRefusal(guard.judge(request)) : undefined;

  function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    gateway.onRefused(refusal, request);
    sendRefusal(response, refusal);
  }

  const mounts = [...forms, { base: "/" }];

  const probes = (request: IncomingMessage) => ({
    health: () => gateway.health(),
    readiness: async () => {
      const readiness = await gateway.readiness();
      if (!parts) return readiness;
      const isTrusted = requestGuard(request) === undefined;
      return { ...readiness, parts: visibleParts(parts, { isTrusted, onFailure: gateway.onFailure }) };
    },
  });

  return (request, response) => {
    if (answerLiveness(request, response)) return;
    const denied = access(request);
    if (denied) {
      // Load balancers ask under names of their own. They get one word.
      const readReady = async () => ({ ready: (await gateway.readiness()).ready });
      if (!answerReadiness(request, response, readReady)) refuse(request, response, denied);
      return;
    }
    if (answerProbe(request, response, probes(request))) return;
    if (guard && answerLogin(request, response, guard)) return;
    if (metrics && pathOf(request) === "/metrics") {
      const refusal = requestGuard(request);
      if (refusal) refuse(request, response, refusal);
      else void answerMetrics(request, response, metrics, gateway.onFailure);
      return;
    }
    const guardAnswered: RequestGuard = (asked) => {
      const refusal = requestGuard(asked);
      if (!refusal) admitWhileAnswering(newcomers, request.socket, response);
      return refusal;
    };
    const isAnswered = mounts.some((mount) =>
      gateway.answer(request, response, { ...mount, guard: guardAnswered }),
    );
    if (isAnswered) return;
    const route = routes.get(pathOf(request));
    const refusal = route && guardAnswered(request);
    if (refusal) refuse(request, response, refusal);
    else void answerOther(route ?? serve, request, response, gateway.onFailure);
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // By then Node has stopped looking after requests that take too long.
    const cut = setTimeout(() => server.closeAllConnections(), LAST_ANSWER_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/**
 * Keeps a client's socket while its request is answered. Between two requests it may make room for
 * others.
 */
function admitWhileAnswering(newcomers: Newcomers, socket: Socket, response: ServerResponse): void {
  newcomers.admit(socket);
  response.once("close", () => newcomers.add(socket));
}

function requireLoopback(host: string): void {
  if (isLoopback(host)) return;
  const advice = `To let others reach the gateway, pass a \`token\` of at least ${MIN_TOKEN_BYTES} bytes.`;
  throw new GatewayError(
    "TOKEN_REQUIRED",
    `\`host\` must be loopback, such as 127.0.0.1, without a token, got ${host}. ${advice}`,
  );
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
