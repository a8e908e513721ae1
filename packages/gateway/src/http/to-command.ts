import type { IncomingMessage } from "node:http";
import type { ClientEvent } from "@mini-openclaw/protocol";
import { checkClientEvent } from "@mini-openclaw/protocol/schema";
import { headerValues } from "../shared/request.ts";
import { HttpError } from "./answer/http-error.ts";

/**
 * The command that a request makes, checked as a frame would be.
 *
 * @throws HttpError `INVALID_FRAME` that names the field
 */
export function toCommand<Type extends ClientEvent["type"]>(
  type: Type,
  fields: Readonly<Record<string, unknown>>,
): Extract<ClientEvent, { type: Type }> {
  const parsed = checkClientEvent({ ...fields, type });
  if (!parsed.ok) throw new HttpError(400, "INVALID_FRAME", parsed.message);
  return parsed.value as Extract<ClientEvent, { type: Type }>;
}

const numberFields = new Set(["limit", "before", "after"]);

/**
 * Returns the fields of a query, as a command has them. The schema refuses what is no number.
 *
 * @throws HttpError `INVALID_FRAME` for bytes that are not UTF-8, or a repeated field
 */
export function queryFields(query: string): Record<string, unknown> {
  try {
    decodeURIComponent(query.replace(/%(?![\da-f]{2})/gi, "%25"));
  } catch {
    throw new HttpError(400, "INVALID_FRAME", "The query must be percent-encoded UTF-8.");
  }
  const fields = [...new URLSearchParams(query)];
  const names = fields.map(([name]) => name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined)
    throw new HttpError(400, "INVALID_FRAME", `The query must have ${repeated} once.`);
  return Object.fromEntries(
    fields.map(([name, text]) => {
      if (numberFields.has(name)) return [name, toNumber(text)];
      return [name, name === "archived" || name === "replaced" ? toBoolean(text) : text];
    }),
  );
}

/** A number as such; any other text as it is. The schema refuses both where they are wrong. */
export function toNumber(text: string): number | string {
  return /^-?\d{1,16}(?:\.\d{1,16})?$/.test(text) ? Number(text) : text;
}

function toBoolean(text: string): boolean | string {
  return text === "true" || (text !== "false" && text);
}

/**
 * The id of a message: from its body, or from the `Idempotency-Key` header, which may stand in
 * quotes.
 */
export function requestIdOf(
  request: IncomingMessage,
  body: Readonly<Record<string, unknown>>,
): { id?: unknown } {
  const keys = headerValues(request, "idempotency-key");
  const [key] = keys.map((value) => /^"(.*)"$/.exec(value)?.[1] ?? value);
  if (key === undefined) return "id" in body ? { id: body["id"] } : {};
  if (keys.length === 1 && (body["id"] === undefined || body["id"] === key)) return { id: key };
  throw new HttpError(400, "INVALID_FRAME", "Idempotency-Key: must be there once, and equal to id");
}

/** The session id that stands in a path. */
export function decodeSessionId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HttpError(400, "INVALID_FRAME", "sessionId: is not percent-encoded UTF-8");
  }
}
