import type { Duplex } from "node:stream";
import type { AuthCommand } from "@mini-openclaw/protocol";
import type { TokenVerdict } from "./token.ts";
import type { UpgradedSocket } from "./ws-server.ts";

// Chosen: who opened the socket in order to send this frame has it ready.
const DEADLINE_MS = 3000;

// 4 KiB: a token and a little JSON around it. Until then a stranger is at the door.
const MAX_BYTES = 4096;

/** Waits for `{"type":"auth","token":"…"}` as the first frame and calls `enter`; closes the socket if anything else happens. */
export function awaitToken(
  webSocket: UpgradedSocket,
  socket: Duplex,
  judge: (token: string) => TokenVerdict,
  enter: () => void,
): void {
  let waiting = true;
  let bytes = 0;
  const end = () => {
    waiting = false;
    clearTimeout(deadline);
  };
  const refuse = (code: number, reason: string) => {
    if (waiting) webSocket.close(code, reason);
    end();
  };
  const deadline = setTimeout(() => refuse(4408, `no token within ${DEADLINE_MS} ms`), DEADLINE_MS);
  const tooLong = () => {
    refuse(1009, `more than ${MAX_BYTES} bytes before the token`);
    webSocket.pause();
  };
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) tooLong();
  };
  socket.on("data", count);
  webSocket.addEventListener("close", end);
  webSocket.addEventListener("message", ({ data }) => {
    if (!waiting) return;
    // A frame that came in one piece is here before its bytes were counted.
    if (typeof data === "string" && Buffer.byteLength(data) > MAX_BYTES) return tooLong();
    const token = tokenOf(data);
    if (token === undefined) return refuse(4401, 'expected {"type":"auth","token":"…"}');
    const { is } = judge(token);
    if (is !== "right")
      return refuse(4401, is === "wrong" ? "that is not the token" : "too many wrong tokens");
    end();
    socket.off("data", count);
    enter();
  });
}

function tokenOf(data: unknown): string | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const { type, token } = JSON.parse(data) as Partial<AuthCommand>;
    return type === "auth" && typeof token === "string" ? token : undefined;
  } catch {
    // No JSON, or `null`: the caller says what was expected.
    return undefined;
  }
}
