import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Returns a signal that aborts when the answer is complete, or its client gone.
 *
 * A response that waits for another one on its socket (HTTP/1.1 pipelining) has no socket yet, and
 * gets no event when that closes. So the signal depends on the socket too.
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

/** Resolves when a signal aborts. */
export function whenGone(gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    gone.addEventListener("abort", () => resolve(), { once: true });
    if (gone.aborted) resolve();
  });
}
