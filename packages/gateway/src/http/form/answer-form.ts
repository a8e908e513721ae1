import type { IncomingMessage, ServerResponse } from "node:http";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { requireSync } from "../../shared/callbacks.ts";
import { normalizePath } from "../../shared/paths.ts";
import { pathOf, queryOf, type RequestTarget } from "../../shared/request.ts";
import type { HttpError } from "../answer/http-error.ts";
import { readJsonBody } from "../read-body.ts";
import type { HttpForm } from "./http-form.ts";
import { type AnsweredRequest, FormHandle } from "./request-connection.ts";

const METHODS = 'a function that returns a list of methods such as `["POST"]`';

/** A path of a form that a request names. */
export interface FormMatch {
  readonly form: HttpForm;
  /** The path below that of the form. */
  readonly path: string;
  readonly methods: readonly string[];
}

/**
 * Returns the path of a form that a request names, or `undefined` for a path that is not the
 * form's. Throws as the form does.
 */
export function matchForm(request: RequestTarget, base: string, form: HttpForm): FormMatch | undefined {
  const whole = normalizePath(pathOf(request));
  const prefix = base === "/" ? "" : base;
  if (whole !== prefix && !whole.startsWith(`${prefix}/`)) return undefined;
  const path = normalizePath(whole.slice(prefix.length));
  const methods = requireSync(form.methodsOf(path), "methodsOf");
  if (!Array.isArray(methods)) throw new TypeError(mustBe("methodsOf", METHODS, methods));
  return methods.length > 0 ? { form, path, methods } : undefined;
}

/** Answers a request with its form. Rejects as the form does. */
export async function answerForm(
  request: IncomingMessage,
  { form, path }: FormMatch,
  answered: AnsweredRequest,
): Promise<void> {
  const { keyPrefix, maxBodyBytes = answered.deps.commands.limits.maxFrameBytes } = form;
  const body = await readJsonBody(request, maxBodyBytes);
  const asked = { method: request.method ?? "GET", path, query: queryOf(request), body };
  const onError = (error: HttpError) => sendText(answered.response, error);
  await form.answer(asked, new FormHandle(answered, keyPrefix, onError));
}

/** Answers a form's client with an error: clients of other protocols show the text as it is. */
export function sendText(response: ServerResponse, { status, message, headers }: HttpError): void {
  if (response.headersSent) return void response.destroy();
  const fields = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };
  response.writeHead(status, { ...fields, ...headers });
  response.end(message);
}
