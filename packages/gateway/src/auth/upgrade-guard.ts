import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Refusal } from "../socket/refuse-upgrade.ts";
import type { UpgradedSocket } from "../socket/ws-server.ts";
import type { Access } from "./access.ts";
import { awaitToken } from "./first-frame.ts";
import type { Newcomers } from "./newcomers.ts";
import { retryAfter, type TokenGuard, type TokenVerdict } from "./token.ts";

/** What an open WebSocket must still do before it becomes a connection; `enter` is called when it has. */
export type PostUpgradeStep = (webSocket: UpgradedSocket, socket: Duplex, enter: () => void) => void;

/** Decides about an upgrade by what its request says. */
export type UpgradeGuard = (
  request: IncomingMessage,
  socket: Duplex,
) => { refusal: Refusal } | { entrance: PostUpgradeStep };

/** Decides about a request that is no upgrade. Returns why it is refused, or `undefined`. */
export type RequestGuard = (request: IncomingMessage) => Refusal | undefined;

const connectAtOnce: PostUpgradeStep = (_webSocket, _socket, enter) => enter();

/** The door beside an app: who comes is for the app's `authenticate` to say. */
export function attachedUpgradeGuard(access: Access): UpgradeGuard {
  return (request) => {
    const reason = access(request);
    return reason === undefined ? { entrance: connectAtOnce } : { refusal: { status: 403, reason } };
  };
}

/** The same for requests that are no upgrade. */
export function attachedRequestGuard(access: Access): RequestGuard {
  return (request) => {
    const reason = access(request);
    return reason === undefined ? undefined : { status: 403, reason };
  };
}

/** Guards the upgrades of a gateway's own port: `Host`, `Origin`, path, then the token if there is one. */
export function ownUpgradeGuard(
  access: Access,
  guard: TokenGuard | undefined,
  newcomers: Newcomers,
): UpgradeGuard {
  return (request, socket) => {
    const reason = access(request);
    if (reason !== undefined) return { refusal: { status: 403, reason } };
    const [path, query] = (request.url ?? "").split("?", 2);
    if (path !== "/") return { refusal: { status: 404, reason: "The gateway's WebSocket is at /." } };
    const verdict = guard?.judge(request) ?? { is: "absent" };
    if (verdict.is === "absent" && new URLSearchParams(query).get("auth") === "frame") {
      return { entrance: awaitFirstFrame(request, guard, newcomers) };
    }
    const refusal = guard && tokenRefusal(verdict);
    if (refusal) return { refusal };
    newcomers.admit(socket);
    return { entrance: connectAtOnce };
  };
}

function awaitFirstFrame(
  request: IncomingMessage,
  guard: TokenGuard | undefined,
  newcomers: Newcomers,
): PostUpgradeStep {
  const judge = (token: string): TokenVerdict => guard?.judgeToken(token, request) ?? { is: "right" };
  return (webSocket, socket, enter) =>
    awaitToken(webSocket, socket, judge, () => {
      newcomers.admit(socket);
      enter();
    });
}

/** Says why a token does not let in, or `undefined` when it does. */
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
