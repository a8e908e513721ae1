/** Bytes of one message over HTTP: as many as the client reads of a line over stdio, 10 MiB. */
const MAX_MESSAGE_BYTES = 10_485_760;

/**
 * Fetches as `fetch` does. A body fails at a message that is too large, before it fills the memory.
 */
export async function limitedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok || !response.body) return response;
  return new Response(response.body.pipeThrough(limitMessages(isEventStream(response))), response);
}

export function isEventStream({ headers }: Response): boolean {
  return /^text\/event-stream\s*(?:;|$)/i.test(headers.get("content-type") ?? "");
}

/** Counts the bytes of a body, in a stream of events those since the last end of an event. */
function limitMessages(isStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(piece, controller) {
      const end = isStream ? lastEventEnd(piece) : -1;
      bytes = end === -1 ? bytes + piece.length : piece.length - end;
      if (bytes <= MAX_MESSAGE_BYTES) controller.enqueue(piece);
      else controller.error(new Error(`The server's answer is larger than ${MAX_MESSAGE_BYTES} bytes.`));
    },
  });
}

/** Returns the index behind the last empty line of a piece, or -1. */
function lastEventEnd(piece: Uint8Array): number {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  return Math.max(bytes.lastIndexOf("\n\n"), bytes.lastIndexOf("\n\r\n"));
}
