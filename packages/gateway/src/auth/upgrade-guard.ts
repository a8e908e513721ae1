import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Refusal } from "../shared/refusal.ts";
import { pathOf, queryOf } from "../shared/request.ts";
import type { UpgradedSocket } from "../socket/ws-server.ts";
import type { Access } from "./access.ts";
import { awaitToken } from "./first-frame.ts";
import type { Newcomers } from "./newcomers.ts";
import { retryAfter, type TokenGuard, type TokenVerdict } from "./token.ts";

/** A step between an open WebSocket and its connection. It calls `connect` when it is done. */
export type PostUpgradeStep = (webSocket: UpgradedSocket, socket: Duplex, connect: () => void) => void;

/** The way of a client that proves in a frame who it is. */
export interface LateProof {
  /** Compares the token of the frame with that of the gateway. */
  judge: (token: string | undefined) => TokenVerdict;
  /** Called when the client has proved who it is. */
  admit: () => void;
}

/** A guard's decision on an upgrade. */
export type UpgradeDecision = { refusal: Refusal } | { next: PostUpgradeStep } | { late: LateProof };

/**
 * Decides about an upgrade by its request. `provesLate` is true for a client that proves in a frame
 * who it is.
 */
export type UpgradeGuard = (request: IncomingMessage, socket: Duplex, provesLate: boolean) => UpgradeDecision;

/** Decides about a request that is no upgrade. Returns why it is refused, or `undefined`. */
export type RequestGuard = (request: IncomingMessage) => Refusal | undefined;

const connectAtOnce: PostUpgradeStep = (_webSocket, _socket, connect) => connect();

/** Guards upgrades on an app's own server. The app's `authenticate` decides who may connect. */
export function attachedUpgradeGuard(access: Access): UpgradeGuard {
  return (request, _socket, provesLate) => {
    const refusal = access(request);
    if (refusal) return { refusal };
    return provesLate
      ? { late: { judge: () => ({ is: "right" }), admit: () => undefined } }
      : { next: connectAtOnce };
  };
}

/**
 * Guards the upgrades of a gateway's own port: `Host`, `Origin`, path, then the token if there is
 * one.
 */
export function ownUpgradeGuard(
  access: Access,
  {
    guard,
    newcomers,
    paths,
  }: { guard: TokenGuard | undefined; newcomers: Newcomers; paths: ReadonlySet<string> },
): UpgradeGuard {
  return (request, socket, provesLate) => {
    const denied = access(request);
    if (denied) return { refusal: denied };
    if (!paths.has(pathOf(request))) {
      const reason = `The gateway's WebSocket is at ${[...paths].join(", ")}.`;
      return { refusal: { status: 404, reason } };
    }
    const verdict = guard?.judge(request) ?? { is: "absent" };
    if (provesLate && (verdict.is === "absent" || verdict.is === "right")) {
      const isProved = !guard || verdict.is === "right";
      const judge: LateProof["judge"] = (token) => {
        if (isProved) return { is: "right" };
        return token === undefined ? { is: "absent" } : guard.judgeToken(token, request);
      };
      return { late: { judge, admit: () => newcomers.admit(socket) } };
    }
    if (verdict.is === "absent" && new URLSearchParams(queryOf(request)).get("auth") === "frame") {
      return { next: awaitFirstFrame(request, guard, newcomers) };
    }
    const refusal = guard && tokenRefusal(verdict);
    if (refusal) return { refusal };
    newcomers.admit(socket);
    return { next: connectAtOnce };
  };
}

function awaitFirstFrame(
  request: IncomingMessage,
  guard: TokenGuard | undefined,
  newcomers: Newcomers,
): PostUpgradeStep {
  const judge = (token: string): TokenVerdict => guard?.judgeToken(token, request) ?? { is: "right" };
  return (webSocket, socket, connect) =>
    awaitToken(webSocket, socket, judge, () => {
      newcomers.admit(socket);
      connect();
    });
}

/** Returns why a token is refused, or `undefined` for the right one. */
export function tokenRefusal(verdict: TokenVerdict): Refusal | undefined {
  switch (verdict.is) {
    case "right":
      return undefined;
    case "several":
      return { status: 400, reason: "Send the token once: as a header or as a subprotocol." };
    case "too_often":
      return {
        status: 429,
        reason: "Too many wrong tokens from your address.",
        headers: retryAfter(verdict.retryAfterMs),
      };
    case "absent":
    case "wrong":
      return {
        status: 401,
        reason: "Send the token as `Authorization: Bearer …`, or log in on the page.",
        headers: { "WWW-Authenticate": "Bearer" },
      };
  }
}
