import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { closeReasons } from "@mini-openclaw/protocol";
import type { Caller } from "../shared/principal.ts";
import type { UpgradedSocket } from "../socket/ws-server.ts";
import type { AuthError, Authenticate } from "./authenticate.ts";
import type { TokenVerdict } from "./token.ts";

/** Limits on a client that has not proved who it is. */
export interface ProofLimits {
  /** The time for the proof in milliseconds. @default 3000 */
  readonly timeoutMs?: number;
  /** The bytes that the client may send before. @default 4096 */
  readonly maxBytes?: number;
}

/** A proof that was refused. */
export interface RefusedProof {
  readonly ok: false;
  readonly status: 401 | 429 | 500 | 503;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Judges the token of a client that proves in a frame who it is. Never rejects. */
export type Prove = (token: string | undefined) => Promise<{ readonly caller: Caller } | RefusedProof>;

/** The client of a connection: a known one, or one that proves in a frame who it is. */
export type Client = { readonly caller: Caller } | { readonly prove: Prove };

interface DoorDeps {
  authenticate: Authenticate;
  /** Compares a token with that of the gateway. */
  judge: (token: string | undefined) => TokenVerdict;
  /** Called when the client has proved who it is. */
  admit: () => void;
}

/**
 * Limits a client until it has proved who it is: its time and its bytes. Returns the function that
 * judges its proof.
 */
export function openDoor(
  { request, socket, webSocket }: { request: IncomingMessage; socket: Duplex; webSocket: UpgradedSocket },
  { timeoutMs = 3000, maxBytes = 4096 }: ProofLimits,
  { authenticate, judge, admit }: DoorDeps,
): Prove {
  let bytes = 0;
  let isOver = false;
  const refuse = ({ code, reason }: { code: number; reason: string }) => {
    end();
    webSocket.close(code, reason);
  };
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) return;
    refuse(closeReasons.tooLong);
    webSocket.pause();
  };
  const deadline = setTimeout(() => refuse(closeReasons.tokenTimeout), timeoutMs);
  const end = () => {
    isOver = true;
    clearTimeout(deadline);
    socket.off("data", count);
    socket.off("close", end);
  };
  // Before the frames of these bytes are read.
  socket.prependListener("data", count);
  socket.once("close", end);

  return async (token) => {
    const refused = isOver ? tooLate : toRefusal(judge(token));
    if (refused) return refused;
    try {
      const caller = await authenticate(request, token);
      if (isOver) return tooLate;
      end();
      admit();
      return { caller };
    } catch (error) {
      const { status, message } = error as AuthError;
      return { ok: false, status, message };
    }
  };
}

const tooLate: RefusedProof = { ok: false, status: 401, message: "The time for the token is over." };

function toRefusal(verdict: TokenVerdict): RefusedProof | undefined {
  switch (verdict.is) {
    case "right":
      return undefined;
    case "too_often":
      return {
        ok: false,
        status: 429,
        message: "Too many wrong tokens came from this address. Try again later.",
        retryAfterMs: verdict.retryAfterMs,
      };
    case "absent":
    case "several":
    case "wrong":
      return { ok: false, status: 401, message: "The token is missing or wrong." };
  }
}
