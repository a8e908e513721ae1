import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Aborted when the answer is over: sent, or its client gone.
 *
 * A response that waits for another one on its socket (HTTP/1.1 pipelining) has no socket yet and is not told when that closes,
 * so the socket is asked too.
 */
export function goneSignal({ socket }: IncomingMessage, response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const leave = () => {
    socket.off("close", leave);
    response.off("close", leave);
    // As many as there are answers: no sign of a leak.
    socket.setMaxListeners(socket.getMaxListeners() - 1);
    gone.abort();
    if (!response.writableFinished) response.destroy();
  };
  socket.setMaxListeners(socket.getMaxListeners() + 1);
  socket.on("close", leave);
  response.on("close", leave);
  if (socket.destroyed || response.destroyed) leave();
  return gone.signal;
}
