import type { IncomingMessage, ServerResponse } from "node:http";
import { codeOf, mayPass, type Refusal } from "./refusal.ts";

/** A request body that cannot be used. */
export class BodyError extends Error {
  /** 400: broken, 413: too long, 415: in another charset, or compressed. */
  readonly status: 400 | 413 | 415;

  constructor(status: BodyError["status"], message: string) {
    super(message);
    this.name = "BodyError";
    this.status = status;
  }
}

/**
 * Reads a request's body as text. Bytes that are not UTF-8 are refused: the text would not be what
 * its sender wrote.
 *
 * @throws BodyError
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  requireUtf8(request);
  requireUncompressed(request);
  return decode(await readBytes(request, maxBytes));
}

/** @throws BodyError `400` for bytes that are not UTF-8 */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new BodyError(400, "The body must be UTF-8. Send it as UTF-8, for example with `charset=utf-8`.");
  }
}

/** @throws BodyError `415` for a charset that is named and is not UTF-8 */
export function requireUtf8({ headers }: IncomingMessage): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers["content-type"] ?? "")?.[1]?.toLowerCase();
  if (charset === undefined || charset === "utf-8" || charset === "utf8" || charset === "us-ascii") return;
  throw new BodyError(
    415,
    `\`charset\` must be utf-8, got ${JSON.stringify(charset)}. Send the body as UTF-8.`,
  );
}

/** @throws BodyError `415` for a content coding (RFC 9110 § 8.4) */
function requireUncompressed({ headers }: IncomingMessage): void {
  const coding = headers["content-encoding"] ?? "";
  if (coding === "" || coding.toLowerCase() === "identity") return;
  const message = `\`Content-Encoding\` must be absent, got ${JSON.stringify(coding.slice(0, 100))}.`;
  throw new BodyError(415, `${message} Send the body uncompressed.`);
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not `for await`: leaving that early would destroy the socket before the answer is out.
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) return chunks.push(chunk);
      chunks.length = 0;
      return reject(new BodyError(413, `The body must have at most ${maxBytes} bytes.`));
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    const early = new BodyError(400, "The body ended early.");
    request.on("error", (error) => reject(error instanceof BodyError ? error : early));
    request.on("close", () => reject(early));
    if (request.readableEnded) resolve(Buffer.alloc(0));
  });
}

/** Answers with a JSON value. Browsers neither keep it nor guess its type. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Answers a request that is refused. */
export function sendRefusal(response: ServerResponse, { status, reason, headers }: Refusal): void {
  sendJson(response, status, { error: reason, code: codeOf(status), retryable: mayPass(status) }, headers);
}
