import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { AgentRunner, Cluster, Limits, SessionStore } from "@mini-openclaw/protocol";
import { isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import type { AccessOptions } from "../auth/access.ts";
import type { AuthOptions } from "../auth/authenticate.ts";
import type { ConnectionLimits } from "../auth/connection-limits.ts";
import type { Authorize } from "../commands/permissions.ts";
import type { Dialect } from "../connection/dialect.ts";
import { checkForm, type HttpForm } from "../http/form/http-form.ts";
import type { Logger } from "../observe/logger.ts";
import { requireKnown } from "../shared/check-options.ts";
import { GatewayError } from "../shared/errors.ts";
import { readPath } from "../shared/paths.ts";
import type { Principal } from "../shared/principal.ts";
import type { ListenOptions } from "./listen.ts";

export interface GatewayOptions extends AccessOptions, AuthOptions {
  /** Where sessions are kept. The gateway does not close it. */
  store: SessionStore;
  /**
   * Connects gateways that share the store, so that each of them serves every session.
   * @default none: this process is the only gateway on the store
   */
  cluster?: Cluster;
  /** The agent that answers messages. */
  agent: AgentRunner;
  /**
   * Decides for every command if its sender may run it. A sender who may not even `resume` a
   * session gets the error for a session that does not exist. Other refusals are `FORBIDDEN`, and a
   * throw refuses with `INTERNAL`. `message` with `interrupt` asks for `abort` too.
   * @default `ownerOnly`
   */
  authorize?: Authorize;
  /**
   * Forms of the protocol beside the native one. A client asks for one by its subprotocol.
   * @default none
   */
  dialects?: readonly Dialect[];
  /** @default `defaultLimits` of the protocol */
  limits?: Partial<Pick<Limits, "maxFrameBytes" | "maxQueuedMessages" | "maxBlocks" | "maxBlockBytes">>;
  /** @default `maxConnections` 10000, `handshakeTimeoutMs` 10000, `heartbeatMs` 30000 */
  connections?: Partial<ConnectionLimits>;
  /**
   * Runs that go on at once, over all sessions. Others wait, in the order in which they came,
   * between their user message and their `run_start`. @default 1000
   */
  maxRuns?: number;
  /**
   * Newest messages of the session that the agent gets.
   * @default the agent's `neededMessages`, else 50
   */
  maxContextMessages?: number;
  /**
   * Time in milliseconds for an aborted agent to end its run. After that the gateway ends it.
   * @default 5000
   */
  abortGraceMs?: number;
  /** Time in milliseconds that a session's log stays open after its last run. @default 30000 */
  idleMs?: number;
  /**
   * Gets what the gateway has to say, such as `pino()`.
   * @default prints failures to standard error, and nothing else
   */
  logger?: Logger;
  /** Called for failures of which clients get only a code, instead of the logger. */
  onFailure?: (error: unknown, during: string) => void;
}

/** Every option, so that a misspelled one is named. */
const known: Readonly<Record<keyof GatewayOptions, true>> = {
  store: true,
  cluster: true,
  agent: true,
  authenticate: true,
  authorize: true,
  sessionKey: true,
  allowedOrigins: true,
  allowedHosts: true,
  allowedHostsSetting: true,
  allowedOriginsSetting: true,
  dialects: true,
  limits: true,
  connections: true,
  maxRuns: true,
  maxContextMessages: true,
  abortGraceMs: true,
  idleMs: true,
  logger: true,
  onFailure: true,
};

/**
 * Checks that the options are there and known. Who uses a value checks it.
 *
 * @throws GatewayError `INVALID_OPTION`
 */
export function checkOptions(options: GatewayOptions): void {
  requireKnown("new GatewayServer", options, known);
  requireKnown("limits", options.limits ?? {}, {
    maxFrameBytes: true,
    maxQueuedMessages: true,
    maxBlocks: true,
    maxBlockBytes: true,
  });
  requireKnown("connections", options.connections ?? {}, {
    maxConnections: true,
    handshakeTimeoutMs: true,
    heartbeatMs: true,
  });
  const { store, agent, cluster } = options;
  if (typeof store?.getSession !== "function")
    throw missing("store", "a session store, such as `createMemoryStore()`", store);
  if (typeof agent?.run !== "function")
    throw missing("agent", "an agent with `run`, such as `textAgent(…)`", agent);
  const isCluster = clusterMethods.every((name) => typeof cluster?.[name] === "function");
  if (cluster !== undefined && !isCluster)
    throw missing("cluster", "a cluster, such as `createPostgresCluster(…)`", cluster);
  requireLogger(options.logger);
  requireFunctions(options, ["authenticate", "authorize", "sessionKey", "onFailure"]);
  for (const name of ["allowedHostsSetting", "allowedOriginsSetting"] as const)
    requireString(name, options[name]);
}

const clusterMethods = ["join", "ownerOf", "request", "broadcast", "follow", "unfollow", "read"] as const;

/** @throws GatewayError `INVALID_OPTION` for a value that is there and no string */
function requireString(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "string") throw missing(name, "a string", value);
}

function requireLogger(logger: Logger | undefined): void {
  if (logger === undefined) return;
  const levels = ["debug", "info", "warn", "error"] as const;
  if (levels.every((level) => typeof logger?.[level] === "function")) return;
  throw missing("logger", "an object with `debug`, `info`, `warn` and `error`, such as `pino()`", logger);
}

/** @throws GatewayError `INVALID_OPTION` for a value that is there and no function */
function requireFunctions<Options>(options: Options, names: readonly (keyof Options & string)[]): void {
  for (const name of names) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== "function") throw missing(name, "a function", value);
  }
}

const knownOfListen: Readonly<Record<keyof ListenOptions, true>> = {
  port: true,
  host: true,
  path: true,
  token: true,
  serve: true,
  metrics: true,
  parts: true,
  routes: true,
  dialects: true,
  forms: true,
};

/**
 * Checks that the options of `listen` are known and have the right shape. Who uses a value checks
 * the rest.
 *
 * @throws GatewayError `INVALID_OPTION`
 */
export function checkListenOptions(options: ListenOptions): void {
  requireKnown("listen", options, knownOfListen);
  requireFunctions(options, ["serve", "parts"]);
  for (const name of ["routes", "dialects", "forms"] as const) {
    const value: unknown = options[name];
    if (value !== undefined && !isRecord(value))
      throw missing(name, "an object with paths as its names, such as `/x`", value);
  }
  requireString("host", options.host);
  const metrics: unknown = options.metrics;
  if (metrics === undefined) return;
  if (!isRecord(metrics) || typeof metrics["metrics"] !== "function")
    throw missing("metrics", "a source of metrics, such as `createMetrics(gateway).registry`", metrics);
}

function missing(name: string, expected: string, value: unknown): GatewayError {
  return new GatewayError("INVALID_OPTION", mustBe(name, expected, value));
}

export interface CloseOptions {
  /**
   * Time in milliseconds for runs to end before they are interrupted. `Infinity` waits for them.
   * @default 10000
   */
  drainMs?: number;
}

/**
 * The part of a server that `attach` needs. Servers of `node:http`, `node:https` and `node:http2`
 * have it.
 */
export interface UpgradeSource {
  on(event: "upgrade", listener: UpgradeListener): unknown;
  off(event: "upgrade", listener: UpgradeListener): unknown;
  listenerCount(event: "upgrade"): number;
  /** Returns a socket to the server when its request offers another protocol than a WebSocket. */
  emit?(event: string, socket: Duplex): unknown;
}

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Where the gateway stands among an app's paths. */
export interface HandleRequestOptions {
  /** Under which its paths begin, such as `/claw`. @default "/" */
  path?: string;
  /** The form of the requests. @default that of PROTOCOL.md, “Over HTTP” */
  form?: HttpForm;
}

/**
 * Returns the position of the paths that a method answers.
 *
 * @throws GatewayError `INVALID_OPTION`
 */
export function readMount(
  method: string,
  options: HandleRequestOptions,
): { base: string; form: HttpForm | undefined } {
  const base = readPath(method, options, { fallback: "/", known: { path: true, form: true } });
  const { form } = options;
  if (form !== undefined) checkForm(form);
  return { base, form };
}

/** Upgrades on somebody else's server that this gateway takes. */
export interface AttachOptions {
  /** The path of the upgrade, such as `/claw`. A slash at its end does not matter. */
  path: string;
  /** The dialect of clients that name no subprotocol. @default the native form */
  dialect?: Dialect;
}

// The longest key that a store saves.
const MAX_KEY_CHARS = 512;

/**
 * Checks the arguments of `accept`, except for the dialect.
 *
 * @throws GatewayError `INVALID_OPTION`
 */
export function checkAccepted(webSocket: unknown, options: AcceptOptions): void {
  if (!isRecord(webSocket)) throw missing("webSocket", "an open WebSocket", webSocket);
  requireKnown("accept", options, { principal: true, key: true, dialect: true });
  const { principal, key }: { principal?: unknown; key?: unknown } = options;
  // Without types an app may have nothing for an unknown client. That must not be let in as
  // anonymous.
  if (principal !== undefined && !isRecord(principal))
    throw missing("principal", "an object with an `id`, or absent", principal);
  const isKey = typeof key === "string" && key !== "" && key.length <= MAX_KEY_CHARS;
  if (key !== undefined && !isKey) throw missing("key", `a string of 1 to ${MAX_KEY_CHARS} characters`, key);
}

/**
 * Checks the arguments of `handleRequest`. Many frameworks wrap them.
 *
 * @throws GatewayError `INVALID_OPTION`
 */
export function checkExchange(request: IncomingMessage, response: ServerResponse): void {
  const advice = "Frameworks have it as `request.raw` or `request.req`.";
  if (!Array.isArray(request?.rawHeaders))
    throw foreign("request", request, `${advice} \`handleFetch\` takes those of the Fetch standard.`);
  if (typeof response?.writeHead !== "function") throw foreign("response", response, advice);
}

function foreign(name: "request" | "response", value: unknown, advice: string): GatewayError {
  const own = advice.replaceAll("`request.", `\`${name}.`).replace("`response.req`", "`response.res`");
  return new GatewayError("INVALID_OPTION", `${mustBe(name, `a ${name} of \`node:http\``, value)} ${own}`);
}

/**
 * Checks the argument of `handleFetch`.
 *
 * @throws GatewayError `INVALID_OPTION`
 */
export function checkFetched(request: Request): void {
  if (typeof request?.headers?.get === "function" && typeof request.url === "string") return;
  const must = mustBe("request", "a `Request` of the Fetch standard", request);
  const advice = "Hono has it as `c.req.raw`. `handleRequest` takes those of `node:http`.";
  throw new GatewayError("INVALID_OPTION", `${must} ${advice}`);
}

/** The form in which one client speaks. */
export interface SpeakOptions {
  /** The dialect of a client that names no subprotocol. @default the native form */
  dialect?: Dialect | undefined;
}

/** The client of a socket that an app hands over. */
export interface AcceptOptions extends SpeakOptions {
  /** @default anonymous */
  principal?: Principal;
  /** The key of its sessions. @default `webchat`, or `webchat:<principal.id>` */
  key?: string;
}
