import type { IncomingMessage, ServerResponse } from "node:http";
import { isInstance } from "@mini-openclaw/protocol/shared";
import { AuthError } from "../auth/authenticate.ts";
import type { RequestGuard } from "../auth/upgrade-guard.ts";
import { draining } from "../shared/errors.ts";
import { allowOrigin, answerPreflight } from "./answer/cors.ts";
import { goneSignal, whenGone } from "./answer/gone-signal.ts";
import { HttpError, sendError, toHttpError, toRefusedError } from "./answer/http-error.ts";
import { LongAnswer } from "./answer/long-answer.ts";
import { answerForm, matchForm, sendText } from "./form/answer-form.ts";
import type { HttpForm } from "./form/http-form.ts";
import { handlers } from "./handlers.ts";
import type { HttpDeps, RequestContext } from "./request-context.ts";
import { matchRoute } from "./routes.ts";

/** The position of the gateway's paths, or of a form's, on a server. */
interface Mount {
  /** The path under which they begin. */
  base: string;
  form?: HttpForm | undefined;
  guard: RequestGuard;
}

type AnswerContext = Omit<RequestContext, "match">;

/** A request whose path is known. */
interface Asked {
  /** The methods of the path. */
  allow: readonly string[];
  /** Answers the request. Absent where the path does not have its method. */
  answer: ((context: AnswerContext) => Promise<void>) | undefined;
  sendError: (response: ServerResponse, error: HttpError) => void;
}

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
   * Answers a request whose path under `base` is the gateway's, or that of a form. Returns false
   * for any other path.
   */
  handle(request: IncomingMessage, response: ServerResponse, { base, form, guard }: Mount): boolean {
    const asked = form ? this.#askForm(request, base, form) : this.#askRoute(request, base);
    if (!asked) return false;
    const gone = goneSignal(request, response);
    this.#answer({ request, response, gone }, asked, guard).catch((error: unknown) => {
      // No client is left to get an answer.
      if (gone.aborted) return;
      const answered = toHttpError(error);
      if (isUnreported(error, answered)) this.#deps.watch.onFailure(error, "an HTTP request");
      asked.sendError(response, answered);
    });
    return true;
  }

  #askRoute(request: IncomingMessage, base: string): Asked | undefined {
    const match = matchRoute(request, base);
    if (!match) return undefined;
    const { route, allow } = match;
    const answer = route && ((context: AnswerContext) => handlers[route]({ ...context, match }));
    return { allow, answer, sendError };
  }

  #askForm(request: IncomingMessage, base: string, form: HttpForm): Asked | undefined {
    try {
      const match = matchForm(request, base, form);
      if (!match) return undefined;
      const isKnown = match.methods.includes(request.method ?? "");
      const answer = isKnown ? (context: AnswerContext) => answerForm(request, match, context) : undefined;
      return { allow: match.methods, answer, sendError: sendText };
    } catch (error) {
      return { allow: [], answer: () => Promise.reject(error), sendError: sendText };
    }
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
    exchange: Pick<RequestContext, "request" | "response" | "gone">,
    { allow, answer: answerRequest }: Asked,
    guard: RequestGuard,
  ): Promise<void> {
    const { request, response, gone } = exchange;
    await this.#waitForTurn(request, gone);
    if (gone.aborted) return;
    const refusal = guard(request);
    // A page of a foreign origin may not even read the reason. A page that is allowed and has no
    // token may.
    if (refusal?.status !== 403) allowOrigin(request, response);
    if (refusal) {
      this.#deps.onRefused(refusal, request);
      throw toRefusedError(refusal);
    }
    if (request.method === "OPTIONS") return answerPreflight(response, allow);
    if (!answerRequest) {
      const headers = { Allow: allow.join(", ") };
      throw new HttpError(405, "METHOD_NOT_ALLOWED", `This path accepts ${headers.Allow}.`, { headers });
    }
    const caller = await this.#deps.authenticate(request);
    if (gone.aborted) return;
    if (this.#isClosing) throw draining();
    const answer = new LongAnswer();
    this.#answers.add(answer);
    gone.addEventListener("abort", () => this.#answers.delete(answer));
    await answerRequest({ deps: this.#deps, ...exchange, caller, answer });
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
  return status >= 500 && code !== "DRAINING" && !isInstance(error, AuthError);
}
