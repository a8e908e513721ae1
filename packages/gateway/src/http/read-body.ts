import type { IncomingMessage } from "node:http";
import { isRecord } from "@mini-openclaw/protocol/shared";
import { BodyError, decode, readBody, requireUtf8 } from "../shared/http-body.ts";
import { HttpError } from "./answer/http-error.ts";

type JsonObject = Record<string, unknown>;

/**
 * Reads the JSON object in a request's body. Without a body it is empty. A body that a framework
 * has read is taken from `request.body`: a value, a text or bytes.
 *
 * @throws HttpError `TOO_LARGE`, `UNSUPPORTED_TYPE`, `INVALID_FRAME`
 */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<JsonObject> {
  try {
    return await readJson(request, maxBytes);
  } catch (error) {
    throw error instanceof BodyError ? toHttpError(error, request) : error;
  }
}

async function readJson(request: IncomingMessage, maxBytes: number): Promise<JsonObject> {
  const given = request.readableEnded ? (request as { body?: unknown }).body : undefined;
  if (given === undefined) {
    const text = await readBody(request, maxBytes);
    if (text === "" && request.readableEnded && Number(request.headers["content-length"] ?? 0) > 0) {
      const advice = "Mount the gateway before what reads bodies, or leave the result in `request.body`.";
      throw new HttpError(400, "INVALID_FRAME", `The body was read before the gateway. ${advice}`);
    }
    return text === "" ? {} : parseTyped(request, text);
  }
  requireUtf8(request);
  if (typeof given === "string") return given === "" ? {} : parseTyped(request, given);
  if (given instanceof Uint8Array) return given.length === 0 ? {} : parseTyped(request, decode(given));
  // Parsers leave an empty object where there was no body.
  if (isRecord(given) && Object.keys(given).length === 0) return {};
  requireJsonType(request);
  return requireObject(given);
}

function parseTyped(request: IncomingMessage, text: string): JsonObject {
  requireJsonType(request);
  let value: unknown;
  try {
    // RFC 8259 § 8.1: a byte order mark may be ignored. Bytes have lost theirs when decoded.
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    throw new HttpError(400, "INVALID_FRAME", "The body must be a JSON object, and is not JSON.");
  }
  return requireObject(value);
}

/** A page of another origin cannot send this type without asking first. */
function requireJsonType({ headers }: IncomingMessage): void {
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return;
  throw new HttpError(415, "UNSUPPORTED_TYPE", "`Content-Type` must be application/json.");
}

function requireObject(value: unknown): JsonObject {
  if (isRecord(value)) return value;
  throw new HttpError(400, "INVALID_FRAME", "The body must be a JSON object.");
}

const codes = { 400: "INVALID_FRAME", 413: "TOO_LARGE", 415: "UNSUPPORTED_TYPE" } as const;

function toHttpError({ status, message }: BodyError, { httpVersionMajor }: IncomingMessage): HttpError {
  // The rest of a long body is not worth reading. HTTP/2 has no such header.
  const headers: Record<string, string> =
    status === 413 && httpVersionMajor === 1 ? { Connection: "close" } : {};
  return new HttpError(status, codes[status], message, { headers });
}
