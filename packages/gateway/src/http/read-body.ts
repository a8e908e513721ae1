import type { IncomingMessage } from "node:http";
import { HttpError } from "./http-error.ts";

/**
 * The JSON object in a request's body; an empty one when there is no body. Takes what a framework has read and parsed already.
 *
 * @throws HttpError `TOO_LARGE`, `UNSUPPORTED_TYPE`, `INVALID_FRAME`
 */
export async function readJsonBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Record<string, unknown>> {
  const parsed = (request as { body?: unknown }).body;
  if (request.readableEnded && isObject(parsed)) return parsed;
  const text = await readText(request, maxBytes);
  if (text === "") return {};
  // A page of another origin cannot send this type without asking first.
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new HttpError(415, "UNSUPPORTED_TYPE", "Content-Type: must be application/json");
  }
  const value = parse(text);
  if (isObject(value)) return value;
  throw new HttpError(400, "INVALID_FRAME", "the body must be a JSON object");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "INVALID_FRAME", "the body must be a JSON object, and is not JSON");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not `for await`: leaving that early would destroy the socket before the answer is out.
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) return chunks.push(chunk);
      chunks.length = 0;
      return reject(tooLarge(maxBytes, request));
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString()));
    request.on("error", reject);
    request.on("close", () => reject(new HttpError(400, "INVALID_FRAME", "the body ended early")));
    if (request.readableEnded) resolve("");
  });
}

function tooLarge(maxBytes: number, { httpVersionMajor }: IncomingMessage): HttpError {
  // What is still to come is not worth reading. HTTP/2 has no such header.
  const headers: Record<string, string> = httpVersionMajor === 1 ? { Connection: "close" } : {};
  return new HttpError(413, "TOO_LARGE", `the body must have at most ${maxBytes} bytes`, { headers });
}
