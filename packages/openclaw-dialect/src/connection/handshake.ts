import { randomUUID } from "node:crypto";
import type { Authentication, DialectConnection } from "@mini-openclaw/gateway";
import { eventNames, methods } from "../methods/methods.ts";
import { PROTOCOL_VERSION } from "../wire/frames.ts";
import type { Params } from "../wire/params.ts";
import { invalidRequest, RequestError, unavailable } from "../wire/request-error.ts";
import { AGENT_ID, MAIN_SESSION_KEY } from "../wire/session-key.ts";

/** A client that is not let in, and the code that closes its connection. */
export class HandshakeError extends Error {
  readonly error: RequestError;
  readonly closeCode: number;

  constructor(error: RequestError, closeCode = 1008) {
    super(error.message);
    this.name = "HandshakeError";
    this.error = error;
    this.closeCode = closeCode;
  }
}

/** Returns the error of a client whose first frame is no `connect`. */
export function notConnect(): HandshakeError {
  return new HandshakeError(invalidRequest("invalid handshake: first request must be connect"));
}

interface ServerFacts {
  readonly version: string;
  readonly tickIntervalMs: number;
  readonly startedAt: number;
}

/**
 * Lets in a client, and returns the answer to its `connect`.
 *
 * @throws HandshakeError
 */
export async function connect(
  params: Params,
  connection: DialectConnection,
  server: ServerFacts,
): Promise<object> {
  checkVersion(params);
  const auth = params.optionalRecord("auth");
  // Clients send an empty text for a setting that is not there.
  const token = auth?.filledText("token") ?? auth?.filledText("password");
  const refusal = toRefusal(await connection.authenticate(token), token !== undefined);
  if (refusal) throw refusal;
  return hello(params, connection, server);
}

/** @throws HandshakeError for a client of other versions of the protocol only */
function checkVersion(params: Params): void {
  const clientMinProtocol = params.optionalInteger("minProtocol", { min: 1 }) ?? PROTOCOL_VERSION;
  const clientMaxProtocol = params.optionalInteger("maxProtocol", { min: 1 }) ?? PROTOCOL_VERSION;
  if (clientMinProtocol <= PROTOCOL_VERSION && clientMaxProtocol >= PROTOCOL_VERSION) return;
  const expectedProtocol = PROTOCOL_VERSION;
  const details = { code: "PROTOCOL_MISMATCH", clientMinProtocol, clientMaxProtocol, expectedProtocol };
  throw new HandshakeError(
    new RequestError(
      "INVALID_REQUEST",
      `Protocol mismatch: this server speaks version ${expectedProtocol}.`,
      { details },
    ),
    1002,
  );
}

// For an app whose `authenticate` failed. It may work again soon.
const RETRY_MS = 1000;

function toRefusal(result: Authentication, hasToken: boolean): HandshakeError | undefined {
  if (result.ok) return undefined;
  const { status, message, retryAfterMs = RETRY_MS } = result;
  // After other errors a client never connects again.
  if (status !== 401) return new HandshakeError(unavailable(message, retryAfterMs), 1013);
  const reason = hasToken ? "token_mismatch" : "token_missing";
  const details = {
    code: `AUTH_${reason.toUpperCase()}`,
    authReason: reason,
    canRetryWithDeviceToken: false,
    recommendedNextStep: hasToken ? "update_auth_credentials" : "update_auth_configuration",
  };
  const text = `unauthorized: gateway token ${hasToken ? "mismatch" : "missing"}`;
  return new HandshakeError(new RequestError("INVALID_REQUEST", text, { details }));
}

function hello(params: Params, { limits }: DialectConnection, server: ServerFacts): object {
  const { version, tickIntervalMs, startedAt } = server;
  return {
    type: "hello-ok",
    protocol: PROTOCOL_VERSION,
    server: { version, connId: randomUUID() },
    features: { methods: ["connect", ...methods.keys()], events: eventNames },
    snapshot: {
      presence: [],
      health: {},
      stateVersion: { presence: 0, health: 0 },
      uptimeMs: Math.max(0, Date.now() - startedAt),
      sessionDefaults: {
        defaultAgentId: AGENT_ID,
        mainKey: "main",
        mainSessionKey: MAIN_SESSION_KEY,
        scope: "per-sender",
      },
    },
    auth: {
      role: params.optionalText("role") ?? "operator",
      scopes: params.optionalTexts("scopes") ?? [],
    },
    policy: {
      maxPayload: limits.maxFrameBytes,
      maxBufferedBytes: limits.maxFrameBytes,
      tickIntervalMs,
    },
  };
}
