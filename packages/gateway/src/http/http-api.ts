import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestGuard } from "../auth/upgrade-guard.ts";
import { draining } from "../shared/errors.ts";
import type { Refusal } from "../shared/refusal.ts";
import { codeOf } from "../shared/refusal.ts";
import { allowOrigin, answerPreflight } from "./cors.ts";
import { Exchange, type RequestContext } from "./exchange.ts";
import { goneSignal } from "./gone-signal.ts";
import { HttpError, sendError, toHttpError } from "./http-error.ts";
import type { HttpDeps } from "./http-parts.ts";
import { matchRoute } from "./routes.ts";

/** The protocol for those without sockets: each request is a command, each answer what a socket would have been sent. */
export class HttpApi {
  readonly #parts: HttpDeps;
  readonly #exchanges = new Set<Exchange>();
  #isClosing = false;

  constructor(parts: HttpDeps) {
    this.#parts = parts;
  }

  /** Answers that go on as long as a run or a watch. */
  get openCount(): number {
    let count = 0;
    for (const { isLong } of this.#exchanges) if (isLong) count += 1;
    return count;
  }

  /** Answers a request whose path under `base` is the gateway's; false leaves it to somebody else. */
  handle(request: IncomingMessage, response: ServerResponse, base: string, door: RequestGuard): boolean {
    const match = matchRoute(request, base);
    if (!match) return false;
    const gone = goneSignal(request, response);
    this.#answer({ request, response, match, gone }, door).catch((error: unknown) => {
      // Whatever it was, there is nobody to tell.
      if (gone.aborted) return;
      const told = toHttpError(error);
      if (told.status >= 500 && told.code !== "DRAINING") this.#parts.onFailure(error, "an HTTP request");
      sendError(response, told);
    });
    return true;
  }

  /** Takes no more requests, and tells those who watch. */
  drain(): void {
    this.#isClosing = true;
    for (const exchange of this.#exchanges) exchange.tellDraining();
  }

  /** Ends the streams that are still open. */
  close(): void {
    for (const exchange of this.#exchanges) exchange.end();
  }

  async #answer(asked: RequestContext, door: RequestGuard): Promise<void> {
    const { request, response, match, gone } = asked;
    const refusal = door(request);
    // A page of a foreign origin may not even read why; one that is allowed and has no token may.
    if (refusal?.status !== 403) allowOrigin(request, response);
    if (refusal) {
      this.#parts.onRefused(refusal, request);
      throw toError(refusal);
    }
    if (request.method === "OPTIONS") return answerPreflight(response, match.allow);
    const { route } = match;
    if (!route) {
      const allow = match.allow.join(", ");
      throw new HttpError(405, "METHOD_NOT_ALLOWED", `this path takes ${allow}`, {
        headers: { Allow: allow },
      });
    }
    const visitor = await this.#identify(request);
    if (gone.aborted) return;
    if (this.#isClosing) throw draining();
    const exchange = new Exchange(this.#parts, { ...asked, visitor });
    this.#exchanges.add(exchange);
    gone.addEventListener("abort", () => this.#exchanges.delete(exchange));
    await exchange.answer(route);
  }

  async #identify(request: IncomingMessage) {
    const { identify, identifyTimeoutMs } = this.#parts;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const error = new Error(`authenticate took longer than handshakeTimeoutMs, ${identifyTimeoutMs} ms`);
      timer = setTimeout(reject, identifyTimeoutMs, error);
    });
    try {
      const visitor = await Promise.race([identify(request), late]);
      if (visitor) return visitor;
    } finally {
      clearTimeout(timer);
    }
    throw new HttpError(401, "UNAUTHORIZED", "Unauthorized: `authenticate` rejected this request.");
  }
}

function toError({ status, reason, headers = {} }: Refusal): HttpError {
  return new HttpError(status, codeOf(status), reason, { headers, retryable: status === 429 });
}
