import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { AgentError } from "../../shared/errors.ts";
import { cleanText } from "../errors/clean-text.ts";
import { type Body, FlowingBody } from "./body.ts";
import { webBody } from "./web-body.ts";

/** Of an error response, no more than this many bytes are read: its message is one line. */
export const MAX_ERROR_BYTES = 65_536;

/** The function that an SDK calls for each request. */
export type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * `fetch` as far as the SDK needs it, on `node:http`, and the way to read its answers: no web
 * streams stand in between, which halves the CPU of each read of the socket
 * (`benchmarks/chunk-cost.mjs`), and a connection can be kept.
 *
 * Follows no redirects, as no server of the Messages API answers with one.
 */
export function createNodeFetch(): { fetch: Fetch; bodyOf: (response: Response) => Body } {
  const bodies = new WeakMap<Response, Readable>();
  return {
    async fetch(url, init = {}) {
      const address = new URL(url instanceof Request ? url.url : url);
      const message = await send(address, init);
      const status = toStatus(message.statusCode);
      const isSuccess = status >= 200 && status < 300;
      const content = await decode(message);
      // A body that is read through `bodyOf` is not handed to the Response.
      const text = isSuccess || [205, 304].includes(status) ? null : await readAll(content);
      const response = new Response(text, { status, headers: toHeaders(message) });
      // A Response that is not from `fetch` has no address. Errors name it.
      Object.defineProperty(response, "url", { value: address.href });
      if (isSuccess) bodies.set(response, content);
      return response;
    },
    bodyOf: (response) => {
      const content = bodies.get(response);
      return content ? new FlowingBody(content) : webBody(response);
    },
  };
}

/** Returns a status that a Response can have. */
function toStatus(status = 500): number {
  return status >= 200 && status <= 599 ? status : 502;
}

/**
 * Returns the body as its server meant it. Plain bodies are asked for. Some servers compress all
 * the same.
 */
async function decode(message: IncomingMessage): Promise<Readable> {
  const named = message.headers["content-encoding"]?.toLowerCase().split(",") ?? [];
  const encodings = named.map((one) => one.trim()).filter((one) => !plainEncodings.has(one));
  const encoding = encodings.join(", ");
  if (encoding === "") return message;
  const decoder = await createDecoder(encoding, message);
  if (!decoder) {
    message.destroy();
    const text = `The model's server sent an answer in the encoding ${cleanText(encoding, [], 40)}, which was not asked for. Turn compression off there.`;
    throw new AgentError("MODEL_FAILED", text);
  }
  // `pipeline` hands each one's failure to the other. The reader of the decoder gets the error.
  pipeline(message, decoder, () => {});
  return decoder;
}

const plainEncodings: ReadonlySet<string> = new Set(["", "identity", "none", "utf-8", "utf8"]);

async function createDecoder(encoding: string, message: Readable): Promise<Transform | undefined> {
  if (encoding === "gzip" || encoding === "x-gzip") return createGunzip();
  if (encoding === "br") return createBrotliDecompress();
  if (encoding !== "deflate") return undefined;
  // Some servers leave the header of zlib out. Its first byte names the method 8.
  await once(message, "readable");
  const first = message.read(1) as Buffer | null;
  if (first) message.unshift(first);
  return first && ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
}

async function send(
  url: URL,
  { method = "GET", headers, body, signal }: RequestInit,
): Promise<IncomingMessage> {
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
    method,
    headers: toFields(headers),
  });
  // The reason, so that the SDK knows its own timeout from a broken connection.
  const abort = () => request.destroy(signal?.reason as Error);
  signal?.addEventListener("abort", abort, { once: true });
  request.on("close", () => signal?.removeEventListener("abort", abort));
  if (signal?.aborted) abort();
  request.end(body);
  request.on("upgrade", (_, socket) => {
    socket.destroy();
    const text = `The model's server answered 101 to ${url.pathname}: it is no server of models there. Set \`baseURL\` to the address that answers.`;
    request.emit("error", new AgentError("MODEL_FAILED", text));
  });
  // Rejects with the request's `error`. A later one reaches the reader of the message.
  const [message] = (await once(request, "response")) as [IncomingMessage];
  request.on("error", () => {});
  return message;
}

/** Returns the headers of a request, as `node:http` takes them. */
function toFields(headers: RequestInit["headers"]): Record<string, string> {
  const fields: Record<string, string> = {};
  const all = headers instanceof Headers ? headers : new Headers(headers);
  for (const [name, value] of all) fields[name] = value;
  fields["accept-encoding"] = "identity";
  return fields;
}

function toHeaders({ headersDistinct }: IncomingMessage): Headers {
  const pairs = Object.entries(headersDistinct);
  return new Headers(
    pairs.flatMap(([name, values = []]) => values.map((value): [string, string] => [name, value])),
  );
}

async function readAll(content: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of content as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length > MAX_ERROR_BYTES) break;
    }
  } catch {
    // The status and the beginning of the body are a reason too.
  }
  return Buffer.concat(pieces).toString();
}
