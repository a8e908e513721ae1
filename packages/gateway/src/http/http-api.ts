import type { IncomingMessage, ServerResponse } from "node:http";
import { AuthError } from "../auth/authenticate.ts";
import type { RequestGuard } from "../auth/upgrade-guard.ts";
import { draining } from "../shared/errors.ts";
import { codeOf, type Refusal } from "../shared/refusal.ts";
import { goneSignal, whenGone } from "./answer/gone-signal.ts";
import { HttpError, sendError, toHttpError } from "./answer/http-error.ts";
import { LongAnswer } from "./answer/long-answer.ts";
import { allowOrigin, answerPreflight } from "./cors.ts";
import { handlers } from "./handlers.ts";
import type { HttpDeps, RequestContext } from "./request-context.ts";
import { matchRoute } from "./routes.ts";

/**
 * The protocol over HTTP: each request is a command, and its answer is the event that a socket
 * would get.
 */
export class HttpApi {
  readonly #deps: HttpDeps;
  readonly #answers = new Set<LongAnswer>();
  /**
   * The newest request of each socket. Requests that come behind it wait, so that they cost nothing
   * until it is answered.
   */
  readonly #newest = new WeakMap<object, AbortSignal>();
  #isClosing = false;

  constructor(deps: HttpDeps) {
    this.#deps = deps;
  }

  /** The number of answers that take as long as a run or a watch. */
  get openCount(): number {
    let count = 0;
    for (const { isLong } of this.#answers) if (isLong) count += 1;
    return count;
  }

  /**
   * Answers a request whose path under `base` is the gateway's. Returns false for any other path.
   */
  handle(request: IncomingMessage, response: ServerResponse, base: string, guard: RequestGuard): boolean {
    const match = matchRoute(request, base);
    if (!match) return false;
    const gone = goneSignal(request, response);
    this.#answer({ request, response, match, gone }, guard).catch((error: unknown) => {
      // No client is left to get an answer.
      if (gone.aborted) return;
      const answered = toHttpError(error);
      if (isUnreported(error, answered)) this.#deps.watch.onFailure(error, "an HTTP request");
      sendError(response, answered);
    });
    return true;
  }

  /** Accepts no more requests, and notifies clients that have a stream. */
  drain(): void {
    this.#isClosing = true;
    for (const answer of this.#answers) answer.drain();
  }

  /** Ends the streams that are still open. */
  close(): void {
    for (const answer of this.#answers) answer.end();
  }

  async #answer(
    asked: Pick<RequestContext, "request" | "response" | "match" | "gone">,
    guard: RequestGuard,
  ): Promise<void> {
    const { request, response, match, gone } = asked;
    await this.#waitForTurn(request, gone);
    if (gone.aborted) return;
    const refusal = guard(request);
    // A page of a foreign origin may not even read the reason. A page that is allowed and has no
    // token may.
    if (refusal?.status !== 403) allowOrigin(request, response);
    if (refusal) {
      this.#deps.onRefused(refusal, request);
      throw toError(refusal);
    }
    if (request.method === "OPTIONS") return answerPreflight(response, match.allow);
    const { route, allow } = match;
    if (!route) {
      const headers = { Allow: allow.join(", ") };
      throw new HttpError(405, "METHOD_NOT_ALLOWED", `This path accepts ${headers.Allow}.`, { headers });
    }
    const caller = await this.#deps.authenticate(request);
    if (gone.aborted) return;
    if (this.#isClosing) throw draining();
    const answer = new LongAnswer();
    this.#answers.add(answer);
    gone.addEventListener("abort", () => this.#answers.delete(answer));
    await handlers[route]({ deps: this.#deps, ...asked, caller, answer });
  }

  /** Waits for the answers to earlier requests of the same socket (HTTP/1.1 pipelining). */
  async #waitForTurn({ socket, httpVersionMajor }: IncomingMessage, gone: AbortSignal): Promise<void> {
    if (httpVersionMajor !== 1) return;
    const before = this.#newest.get(socket);
    this.#newest.set(socket, gone);
    if (before && !before.aborted) await whenGone(before);
  }
}

/** Returns true for an error that is the gateway's own and was not reported yet. */
function isUnreported(error: unknown, { status, code }: HttpError): boolean {
  return status >= 500 && code !== "DRAINING" && !(error instanceof AuthError);
}

function toError({ status, reason, headers = {} }: Refusal): HttpError {
  return new HttpError(status, codeOf(status), reason, {
    headers,
    retryable: status === 429 || status === 503,
  });
}
