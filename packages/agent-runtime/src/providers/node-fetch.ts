import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { type Body, FlowingBody } from "./body.ts";

/** Of an error response, no more than this many bytes are read. Chosen: its message is one line. */
const MAX_ERROR_BYTES = 65_536;

/** What the Anthropic SDK calls for each request. */
export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * `fetch` as far as the SDK needs it, on `node:http`, and the way to read its answers: no web streams stand in between,
 * which halves the CPU of each read of the socket (`benchmarks/chunk-cost.mjs`), and a connection can be kept.
 *
 * Follows no redirects, as no server of the Messages API answers with one.
 */
export function createNodeFetch(): { fetch: Fetch; bodyOf: (response: Response) => Body } {
  const messages = new WeakMap<Response, IncomingMessage>();
  return {
    async fetch(url, init = {}) {
      const message = await send(new URL(url instanceof Request ? url.url : url), init);
      const status = message.statusCode ?? 500;
      const isSuccess = status >= 200 && status < 300;
      // A body that is read through `bodyOf` is not handed to the Response.
      const text = isSuccess ? null : await readAll(message);
      const response = new Response(text, { status, headers: toHeaders(message) });
      if (isSuccess) messages.set(response, message);
      return response;
    },
    bodyOf: (response) => {
      const message = messages.get(response);
      return message ? new FlowingBody(message) : webBody(response);
    },
  };
}

async function send(
  url: URL,
  { method = "GET", headers, body, signal }: RequestInit,
): Promise<IncomingMessage> {
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
    method,
    headers: { ...Object.fromEntries(new Headers(headers)), "accept-encoding": "identity" },
  });
  // The reason, so that the SDK can tell its own time-out from a broken connection.
  const abort = () => request.destroy(signal?.reason as Error);
  signal?.addEventListener("abort", abort, { once: true });
  request.on("close", () => signal?.removeEventListener("abort", abort));
  if (signal?.aborted) abort();
  request.end(body);
  // Rejects with the request's `error`; a later one reaches whoever reads the message.
  const [message] = (await once(request, "response")) as [IncomingMessage];
  request.on("error", () => {});
  return message;
}

function toHeaders({ headersDistinct }: IncomingMessage): Headers {
  const pairs = Object.entries(headersDistinct);
  return new Headers(
    pairs.flatMap(([name, values = []]) => values.map((value): [string, string] => [name, value])),
  );
}

async function readAll(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of message as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(pieces).toString();
}

function webBody({ body }: Response): Body {
  return {
    async *[Symbol.asyncIterator]() {
      if (body) yield* body as unknown as AsyncIterable<Uint8Array>;
    },
    gather() {},
    release() {},
  };
}
