import { isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import type { DialectConnection } from "../../connection/dialect.ts";
import { requireWhole } from "../../shared/check-options.ts";
import { GatewayError } from "../../shared/errors.ts";

/** A request to a form's path. */
export interface FormRequest {
  readonly method: string;
  /** The path below that of the form, percent-encoded as it came. The form's own path is `/`. */
  readonly path: string;
  /** The query, without its question mark. */
  readonly query: string;
  /** The fields of the JSON body. Empty for a request without a body. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * The client of a request, and its answer. `close` cuts the answer off, so that no client takes it
 * for whole.
 */
export interface FormConnection extends DialectConnection {
  /** Answers with a status and a text. Ignored if the answer has begun. */
  reply(status: number, text?: string, headers?: Readonly<Record<string, string>>): void;
  /**
   * Begins an answer that takes as long as its run. `send` adds to it, and `end` completes it.
   * Returns false if the gateway has no room. It has sent an error then.
   */
  begin(headers: Readonly<Record<string, string>>): boolean;
  end(): void;
}

/**
 * A form of the protocol on HTTP requests. Commands, events and their rules are those of the
 * protocol. Its clients are checked and authenticated as those of the gateway's own HTTP form.
 */
export interface HttpForm {
  /** The largest body of a request. @default `limits.maxFrameBytes` of the gateway */
  readonly maxBodyBytes?: number;
  /** The beginning of the keys of its sessions, as in a dialect. Equal ones share the sessions. */
  readonly keyPrefix: string;
  /** Returns the methods of a path below that of the form. Without any, it is not the form's. */
  methodsOf(path: string): readonly string[];
  /** Answers a request. A form that throws answers with 500. */
  answer(request: FormRequest, connection: FormConnection): void | Promise<void>;
}

/**
 * Checks the form of the option `option`.
 *
 * @throws GatewayError `INVALID_OPTION` for a form that is none
 */
export function checkForm(form: HttpForm, option = "form"): void {
  if (!isRecord(form)) throw invalid(mustBe(option, "a form: an object with `answer`", form));
  const { maxBodyBytes, keyPrefix } = form;
  for (const name of ["methodsOf", "answer"]) {
    const value: unknown = Reflect.get(form, name);
    if (typeof value !== "function") throw invalid(mustBe(name, "a function", value));
  }
  if (!(typeof keyPrefix === "string" && /^[^/%]+$/.test(keyPrefix)))
    throw invalid(mustBe("keyPrefix", "a text without / and %, such as ai:", keyPrefix));
  if (maxBodyBytes !== undefined) requireWhole("maxBodyBytes", maxBodyBytes);
}

function invalid(message: string): GatewayError {
  return new GatewayError("INVALID_OPTION", message);
}
