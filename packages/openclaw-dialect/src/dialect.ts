import { type Dialect, GatewayError } from "@mini-openclaw/gateway";
import { createOptionChecks, isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { OpenClawConnection } from "./connection/openclaw-connection.ts";
import { Ticker } from "./connection/ticker.ts";
import type { ModelLabel } from "./methods/method.ts";

/** Settings of {@link openClawDialect}. */
export interface OpenClawOptions {
  /** The model that clients display beside a session. @default none */
  readonly model?: ModelLabel;
  /** The version of the server that clients display. @default "mini-openclaw" */
  readonly version?: string;
  /**
   * The time between two `tick` events in milliseconds. Clients connect again after two intervals
   * without an event.
   * @default 30000
   */
  readonly tickIntervalMs?: number;
  /**
   * The time in milliseconds in which pieces of a text are joined, because each event of a text
   * repeats the whole text. 0 joins none.
   * @default 75
   */
  readonly joinMs?: number;
}

const known: Readonly<Record<keyof OpenClawOptions, true>> = {
  model: true,
  version: true,
  tickIntervalMs: true,
  joinMs: true,
};

// OpenClaw's own limits on a client before `connect`.
const HANDSHAKE_MS = 15_000;
const HANDSHAKE_BYTES = 65_536;

// The longest time of a timer in Node.
const LONGEST_MS = 2_147_483_647;

/**
 * Creates the dialect that lets clients of OpenClaw use a gateway: its terminal, its command line
 * and other clients of protocol version 4.
 *
 * @throws GatewayError `INVALID_OPTION`
 * @example gateway.attach(server, { path: "/openclaw", dialect: openClawDialect() })
 */
export function openClawDialect(options: OpenClawOptions = {}): Dialect {
  const checks = createOptionChecks(GatewayError);
  checks.known("openClawDialect", options, known);
  const { model, version = "mini-openclaw", tickIntervalMs = 30_000, joinMs = 75 } = options;
  checks.text("version", version);
  checks.integer("tickIntervalMs", tickIntervalMs, { min: 1, max: LONGEST_MS });
  checks.integer("joinMs", joinMs, { max: LONGEST_MS });
  if (model !== undefined) checkModel(model, checks);
  const ticker = new Ticker(tickIntervalMs);
  const server = { model, version, tickIntervalMs, joinMs, ticker, startedAt: Date.now() };
  return {
    keyPrefix: "openclaw:",
    proof: { timeoutMs: HANDSHAKE_MS, maxBytes: HANDSHAKE_BYTES },
    connect: (connection) => new OpenClawConnection(connection, server),
  };
}

function checkModel(model: ModelLabel, checks: ReturnType<typeof createOptionChecks>): void {
  if (!isRecord(model))
    throw new GatewayError("INVALID_OPTION", mustBe("model", "an object with `provider` and `id`", model));
  checks.known("model", model, { provider: true, id: true, contextTokens: true });
  const { provider, id, contextTokens } = model;
  checks.text("model.provider", provider);
  checks.text("model.id", id);
  if (contextTokens !== undefined) checks.integer("model.contextTokens", contextTokens, { min: 1 });
}
