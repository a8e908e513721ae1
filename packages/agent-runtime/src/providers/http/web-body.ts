import { Readable } from "node:stream";
import { isError } from "@mini-openclaw/protocol/shared";
import { AgentError } from "../../shared/errors.ts";
import { type Body, FlowingBody } from "./body.ts";

/** Returns the body of an answer that somebody else's `fetch` gave, which may be of any kind. */
export function webBody(response: Response): Body {
  const body: unknown = response.body;
  if (body === null || body === undefined) return new FlowingBody(Readable.from([]));
  const stream = body as ReadableStream<Uint8Array>;
  if (stream.locked || response.bodyUsed) throw usedBody();
  if ("getReader" in stream) return new FlowingBody(fromWeb(stream));
  // `node-fetch` gives a stream of Node.
  return new FlowingBody(
    Readable.from(stream as unknown as AsyncIterable<Uint8Array>, { objectMode: false }),
  );
}

/**
 * Unlike `Readable.fromWeb`, takes whatever the stream fails with: an error that cannot be read
 * ended the process there.
 */
function fromWeb(stream: ReadableStream<Uint8Array>): Readable {
  const reader = stream.getReader();
  return new Readable({
    read() {
      reader.read().then(
        ({ done, value }) => this.push(done ? null : value),
        (error: unknown) => this.destroy(toError(error)),
      );
    },
    destroy(error, callback) {
      void reader
        .cancel(error)
        .catch(() => {})
        .finally(() => callback(error));
    },
  });
}

function toError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error("The body of the answer failed without an error.");
}

function usedBody(): AgentError {
  return new AgentError(
    "MODEL_FAILED",
    "The provider's `fetch` gave an answer whose body was read already. Let it read `response.clone()`.",
  );
}
