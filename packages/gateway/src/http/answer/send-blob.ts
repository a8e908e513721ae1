import type { ServerResponse } from "node:http";
import { mediaTypeOf } from "@mini-openclaw/protocol/shared";

// The beginning of a file, in which it names its type.
const HEAD_BYTES = 18;

/**
 * Answers with a file of a session. A browser shows images only, and runs nothing: other files are
 * downloads.
 */
export function sendBlob(response: ServerResponse, blob: string, bytes: Uint8Array): void {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // The first bytes decide, so that no page can be made of a file that is called an image.
  const head = body.subarray(0, HEAD_BYTES).toString("base64");
  const mediaType = mediaTypeOf(head) ?? "application/octet-stream";
  const isImage = mediaType.startsWith("image/");
  response.writeHead(200, {
    "Content-Type": mediaType,
    "Content-Length": String(body.length),
    "Content-Disposition": isImage ? "inline" : `attachment; filename="${blob.slice(0, 16)}"`,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    // The bytes of an id never change. Others must not get them from a shared cache.
    "Cache-Control": "private, max-age=31536000, immutable",
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
