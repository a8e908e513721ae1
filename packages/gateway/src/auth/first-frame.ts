import type { Duplex } from "node:stream";
import type { AuthCommand } from "@mini-openclaw/protocol";
import type { UpgradedSocket } from "../socket/ws-server.ts";
import type { TokenVerdict } from "./token.ts";

// A client that opens a socket to send this frame has it ready.
const DEADLINE_MS = 3000;

// 4 KiB: a token and a little JSON around it. The sender is still a stranger.
const MAX_BYTES = 4096;

/**
 * Waits for `{"type":"auth","token":"…"}` as the first frame and calls `enter`; closes the socket
 * if anything else happens.
 */
export function awaitToken(
  webSocket: UpgradedSocket,
  socket: Duplex,
  judge: (token: string) => TokenVerdict,
  enter: () => void,
): void {
  let waiting = true;
  const end = () => {
    waiting = false;
    clearTimeout(deadline);
  };
  const refuse = ({ code, reason }: CloseReason) => {
    if (waiting) webSocket.close(code, reason);
    end();
  };
  const deadline = setTimeout(() => refuse(tooLate), DEADLINE_MS);
  const uncount = countBytes(socket, () => {
    refuse(tooLong);
    webSocket.pause();
  });
  const onFrame = (frame: unknown) => {
    if (!waiting) return;
    const refusal = judgeFrame(frame, judge);
    if (refusal) return refuse(refusal);
    end();
    uncount();
    enter();
  };
  webSocket.receive({ onFrame, onClosed: end });
}

interface CloseReason {
  code: number;
  reason: string;
}

const tooLate: CloseReason = { code: 4408, reason: `no token within ${DEADLINE_MS} ms` };
const tooLong: CloseReason = { code: 1009, reason: `more than ${MAX_BYTES} bytes before the token` };

/** Returns why the first frame is refused, or `undefined` for the right token. */
function judgeFrame(data: unknown, judge: (token: string) => TokenVerdict): CloseReason | undefined {
  // A frame that came in one piece is here before its bytes were counted.
  if (typeof data === "string" && Buffer.byteLength(data) > MAX_BYTES) return tooLong;
  const token = tokenOf(data);
  if (token === undefined) return { code: 4401, reason: 'expected {"type":"auth","token":"…"}' };
  const { is } = judge(token);
  if (is === "right") return undefined;
  return { code: 4401, reason: is === "wrong" ? "that is not the token" : "too many wrong tokens" };
}

/** Calls `onTooMany` for every piece beyond `MAX_BYTES`. Returns what ends that. */
function countBytes(socket: Duplex, onTooMany: () => void): () => void {
  let bytes = 0;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) onTooMany();
  };
  socket.on("data", count);
  return () => socket.off("data", count);
}

function tokenOf(data: unknown): string | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const { type, token } = JSON.parse(data) as Partial<AuthCommand>;
    return type === "auth" && typeof token === "string" ? token : undefined;
  } catch {
    // No JSON, or `null`: the error of the caller names what was expected.
    return undefined;
  }
}
