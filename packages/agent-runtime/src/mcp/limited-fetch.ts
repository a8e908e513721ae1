/** Bytes of one message over HTTP: as many as the client reads of a line over stdio, 10 MiB. */
const MAX_MESSAGE_BYTES = 10_485_760;

/** Bytes of an answer that is an error: its message is a line. */
const MAX_ERROR_BYTES = 65_536;

/**
 * Fetches as `fetch` does. A body fails at a message that is too large, before it fills the memory.
 */
export async function limitedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.body) return response;
  const limit = response.ok ? limitMessages(isEventStream(response)) : headOf(MAX_ERROR_BYTES);
  return new Response(response.body.pipeThrough(limit), response);
}

export function isEventStream({ headers }: Response): boolean {
  return /^text\/event-stream\s*(?:;|$)/i.test(headers.get("content-type") ?? "");
}

/** Counts the bytes of a body, in a stream of events those since the last end of an event. */
function limitMessages(isStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  // The end of an event may come in two pieces.
  let tail = Buffer.alloc(0);
  return new TransformStream({
    transform(piece, controller) {
      const known = Buffer.concat([tail, piece]);
      const end = isStream ? lastEventEnd(known) : -1;
      bytes = end === -1 ? bytes + piece.length : known.length - end;
      tail = known.subarray(-3);
      if (bytes <= MAX_MESSAGE_BYTES) controller.enqueue(piece);
      else controller.error(new Error(`The server's answer is larger than ${MAX_MESSAGE_BYTES} bytes.`));
    },
  });
}

/** Returns the index of the last empty line, or -1. */
function lastEventEnd(bytes: Buffer): number {
  return Math.max(...["\n\n", "\n\r\n", "\r\r"].map((end) => bytes.lastIndexOf(end)));
}

/** Ends a body after so many bytes. */
function headOf(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = maxBytes;
  return new TransformStream({
    transform(piece, controller) {
      controller.enqueue(piece.subarray(0, left));
      left -= piece.length;
      if (left <= 0) controller.terminate();
    },
  });
}
