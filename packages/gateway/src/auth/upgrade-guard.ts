import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpDoor } from "../http/http-api.ts";
import type { Refusal } from "../socket/refuse-upgrade.ts";
import type { UpgradedSocket } from "../socket/ws-server.ts";
import type { Access } from "./access.ts";
import { awaitToken } from "./first-frame.ts";
import { retryAfter, type TokenGuard, type TokenVerdict } from "./token.ts";

/** What an open WebSocket must still do before it becomes a connection; `enter` is called when it has. */
export type Entrance = (webSocket: UpgradedSocket, socket: Duplex, enter: () => void) => void;

/** Decides about an upgrade by what its request says. */
export type Door = (
  request: IncomingMessage,
  socket: Duplex,
) => { refusal: Refusal } | { entrance: Entrance };

const enterAtOnce: Entrance = (_webSocket, _socket, enter) => enter();

/** The door beside an app: who comes is for the app's `authenticate` to say. */
export function attachedDoor(access: Access): Door {
  return (request) => {
    const reason = access(request);
    return reason === undefined ? { entrance: enterAtOnce } : { refusal: { status: 403, reason } };
  };
}

/** The same for requests that are no upgrade. */
export function attachedHttpDoor(access: Access): HttpDoor {
  return (request) => {
    const reason = access(request);
    return reason === undefined ? undefined : { status: 403, reason };
  };
}

// Chosen: as many as may stand between an open WebSocket and their first frame; each costs a socket for up to 3 s.
const MAX_WAITING = 32;

/** The door of a gateway that listens by itself: `Host`, `Origin`, path, then the token if there is one. */
export function ownDoor(access: Access, guard: TokenGuard | undefined): Door {
  const waiting = new Set<Duplex>();

  function awaitFirstFrame(request: IncomingMessage, socket: Duplex): ReturnType<Door> {
    if (waiting.size >= MAX_WAITING) {
      const reason = "Too many connections have not sent their token yet.";
      return { refusal: { status: 503, reason, headers: retryAfter(1000) } };
    }
    waiting.add(socket);
    socket.once("close", () => waiting.delete(socket));
    const judge = (token: string): TokenVerdict => guard?.judgeToken(token, request) ?? { is: "right" };
    return {
      entrance: (webSocket, _socket, enter) =>
        awaitToken(webSocket, socket, judge, () => {
          waiting.delete(socket);
          enter();
        }),
    };
  }

  return (request, socket) => {
    const reason = access(request);
    if (reason !== undefined) return { refusal: { status: 403, reason } };
    const [path, query] = (request.url ?? "").split("?", 2);
    if (path !== "/") return { refusal: { status: 404, reason: "The gateway's WebSocket is at /." } };
    const verdict = guard?.judge(request) ?? { is: "absent" };
    if (verdict.is === "absent" && new URLSearchParams(query).get("auth") === "frame") {
      return awaitFirstFrame(request, socket);
    }
    const refusal = guard && tokenRefusal(verdict);
    return refusal ? { refusal } : { entrance: enterAtOnce };
  };
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
