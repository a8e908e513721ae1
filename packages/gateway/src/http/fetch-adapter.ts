import { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable, Writable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { nothingThere } from "../shared/errors.ts";
import { BodyError } from "../shared/http-body.ts";

/** Answers a request of `node:http`. Returns false for a path that is not the gateway's. */
type Handle = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Answers a `Request` of the Fetch standard with a handler for `node:http`. */
export function answerFetch(request: Request, handle: Handle): Promise<Response> {
  const incoming = toIncoming(request);
  const response = new FetchResponse(incoming);
  request.signal.addEventListener("abort", () => response.destroy(), { once: true });
  if (request.signal.aborted) response.destroy();
  const isHandled = handle(incoming, response as unknown as ServerResponse);
  if (!isHandled) return Promise.resolve(Response.json(nothingThere, { status: 404 }));
  return response.response;
}

/** Creates the request of `node:http` that a handler and the app's `authenticate` get. */
function toIncoming(request: Request): IncomingMessage {
  const { pathname, search, host } = new URL(request.url);
  const headers = new Headers(request.headers);
  if (!headers.has("host")) headers.set("host", host);
  const body = toBody(request);
  const fields = {
    method: request.method,
    url: pathname + search,
    headers: Object.fromEntries(headers),
    rawHeaders: [...headers].flat(),
    // No header of a connection may be sent, as in HTTP/2.
    httpVersion: "2.0",
    httpVersionMajor: 2,
    socket: Object.assign(new EventEmitter(), { destroyed: false, remoteAddress: undefined }),
  };
  return Object.assign(body, fields) as unknown as IncomingMessage;
}

/** Returns the body of a request. It fails if somebody else reads it. */
function toBody({ body }: Request): Readable {
  if (body?.locked) {
    const advice = "Pass the request on before anything reads it, or pass a `request.clone()`.";
    const message = `The body was read before the gateway. ${advice}`;
    return new Readable({
      read() {
        this.destroy(new BodyError(400, message));
      },
    }).on("error", () => undefined);
  }
  const readable = body ? Readable.fromWeb(body as NodeReadableStream) : Readable.from([]);
  // It also fails when nobody reads it, as behind a refusal.
  return readable.on("error", () => undefined);
}

/**
 * The part of a `ServerResponse` that handlers use. It becomes a `Response` when its head is there.
 */
class FetchResponse extends Writable {
  readonly req: IncomingMessage;
  readonly response: Promise<Response>;
  readonly #headers = new Headers();
  #resolve: (response: Response) => void = () => {};
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Continues the writer when the reader wants more. */
  #pull: () => void = () => {};
  statusCode = 200;
  headersSent = false;

  constructor(request: IncomingMessage) {
    super();
    this.req = request;
    this.response = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.on("error", () => undefined);
    this.on("close", () => this.#close());
  }

  setHeader(name: string, value: string): this {
    this.#headers.set(name, value);
    return this;
  }

  appendHeader(name: string, value: string): this {
    this.#headers.append(name, value);
    return this;
  }

  writeHead(status: number, headers: Readonly<Record<string, string>> = {}): this {
    this.statusCode = status;
    for (const [name, value] of Object.entries(headers)) this.#headers.set(name, value);
    return this;
  }

  /** Resolves `response`, whose body follows. */
  flushHeaders(): void {
    if (this.headersSent) return;
    this.headersSent = true;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
      pull: () => this.#pull(),
      cancel: () => void this.destroy(),
    });
    // These have no body by the Fetch standard, and neither has an answer to HEAD.
    const isEmpty = [204, 205, 304].includes(this.statusCode) || this.req.method === "HEAD";
    this.#resolve(new Response(isEmpty ? null : body, { status: this.statusCode, headers: this.#headers }));
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.flushHeaders();
    this.#body?.enqueue(new Uint8Array(chunk));
    if ((this.#body?.desiredSize ?? 1) > 0 || this.req.method === "HEAD") return done();
    this.#pull = () => {
      this.#pull = () => {};
      done();
    };
  }

  override _final(done: () => void): void {
    this.flushHeaders();
    this.#body?.close();
    this.#body = undefined;
    done();
  }

  /** Cuts off a body that is not complete, so that nobody takes it for the whole. */
  #close(): void {
    if (!this.headersSent) this.writeHead(503).flushHeaders();
    if (!this.writableFinished) this.#body?.error(new Error("The answer was cut off."));
    this.#body = undefined;
  }
}
