import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import {
  type Channels,
  channelNames,
  type RefusalDiagnostic,
  type RunDiagnostic,
} from "../observe/channels.ts";
import { requireKnown } from "../shared/check-options.ts";
import { GatewayError } from "../shared/errors.ts";
import type { GatewayServer } from "./gateway-server.ts";

export interface MetricsOptions {
  /**
   * Where the metrics go.
   * @default a new one, with the metrics of the process (event loop lag, memory, CPU) too
   */
  registry?: Registry;
}

/** The metrics of one gateway. */
export interface Metrics {
  /** For `listen({ metrics })`, or for an endpoint of your own. */
  registry: Registry;
  /** Counts no more. */
  close(): void;
}

// Seconds: a tool-less answer takes one to ten, a run with tools minutes.
const DURATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800];
// Seconds: from a scripted model's milliseconds to a model that is overloaded.
const FIRST_CHUNK_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Measures a gateway for Prometheus. Labels have few values, all of them known: outcomes, kinds of
 * tokens, codes; never an id.
 *
 * Counts what happens from this call on. Several gateways need a registry each.
 *
 * @throws GatewayError `INVALID_OPTION`
 */
export function createMetrics(gateway: GatewayServer, options: MetricsOptions = {}): Metrics {
  requireKnown("createMetrics", options, { registry: true });
  requireMethod("gateway", gateway, { method: "health", expected: "a `GatewayServer`" });
  if (options.registry !== undefined) {
    const expected = "a `Registry` of prom-client";
    requireMethod("registry", options.registry, { method: "registerMetric", expected });
  }
  const { registry = createRegistry() } = options;
  const registers = [registry];
  addGauges(gateway, registers);
  const runs = new Counter({
    ...metric("runs_total", "Runs that have ended, by outcome.", registers),
    labelNames: ["outcome"],
  });
  const duration = new Histogram({
    ...metric("run_duration_seconds", "From a run's first message to its end.", registers),
    buckets: DURATION_BUCKETS,
  });
  const firstChunk = new Histogram({
    ...metric(
      "first_chunk_seconds",
      "From a run's first message to the first text of its answer.",
      registers,
    ),
    buckets: FIRST_CHUNK_BUCKETS,
  });
  const tokens = new Counter({
    ...metric("tokens_total", "Tokens of the runs that have ended, by kind.", registers),
    labelNames: ["kind"],
  });
  const cost = new Counter(
    metric("cost_dollars_total", "US dollars, of the runs whose price is known.", registers),
  );
  const slow = new Counter(
    metric("slow_watchers_total", "Times that a watcher could not keep up.", registers),
  );
  const refusals = new Counter({
    ...metric(
      "refusals_total",
      "Refused upgrades and requests by status, refused frames by error code.",
      registers,
    ),
    labelNames: ["of", "code"],
  });

  const ends = [
    listen("run", gateway, (run: RunDiagnostic) => {
      if (run.phase === "start") return;
      const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = run.usage;
      runs.inc({ outcome: run.outcome });
      duration.observe(run.durationMs / 1000);
      if (run.firstChunkMs !== undefined) firstChunk.observe(run.firstChunkMs / 1000);
      tokens.inc({ kind: "input" }, countable(inputTokens));
      tokens.inc({ kind: "output" }, countable(outputTokens));
      tokens.inc({ kind: "cache_read" }, countable(cacheReadTokens));
      tokens.inc({ kind: "cache_write" }, countable(cacheWriteTokens));
      cost.inc(countable(run.costUsd));
    }),
    listen("slowWatcher", gateway, () => slow.inc()),
    listen("refusal", gateway, (refusal: RefusalDiagnostic) => {
      const code = refusal.of === "frame" ? refusal.code : String(refusal.status);
      refusals.inc({ of: refusal.of, code });
    }),
  ];
  return {
    registry,
    close: () => {
      for (const end of ends) end();
    },
  };
}

/** @throws GatewayError `INVALID_OPTION` for a value without the method */
function requireMethod(
  name: string,
  value: unknown,
  { method, expected }: { method: string; expected: string },
): void {
  if (isRecord(value) && typeof value[method] === "function") return;
  throw new GatewayError("INVALID_OPTION", mustBe(name, expected, value));
}

/** Returns what a counter accepts. A counter throws for a wrong count, which nobody would catch. */
function countable(count = 0): number {
  return count > 0 ? count : 0;
}

function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

function metric(name: string, help: string, registers: Registry[]) {
  return { name: `mini_openclaw_${name}`, help, registers };
}

/** Asked for when somebody scrapes, and never between. */
function addGauges(gateway: GatewayServer, registers: Registry[]): void {
  const gauge = (name: string, help: string, read: (health: ReturnType<GatewayServer["health"]>) => number) =>
    new Gauge({
      ...metric(name, help, registers),
      collect() {
        this.set(read(gateway.health()));
      },
    });
  gauge("connections", "Clients connected now.", ({ connections }) => connections);
  gauge("sessions", "Sessions with a run or a watcher.", ({ sessions }) => sessions);
  gauge("runs_active", "Runs in progress.", ({ runs, waiting }) => runs - waiting);
  gauge(
    "queue_depth",
    "Runs that wait for the one before them, or for a place among all.",
    ({ waiting }) => waiting,
  );
}

/** Subscribes to the messages of one gateway. Returns a function that unsubscribes. */
function listen<Name extends keyof Channels, Message extends { gateway: object }>(
  name: Name,
  gateway: GatewayServer,
  receive: (message: Message) => void,
): () => void {
  const onMessage = (message: unknown) => {
    const diagnostic = message as Message;
    if (diagnostic.gateway === gateway) receive(diagnostic);
  };
  subscribe(channelNames[name], onMessage);
  return () => void unsubscribe(channelNames[name], onMessage);
}
