import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type SessionHeader,
  type SessionMeta,
  type SessionStore,
  TRANSCRIPT_VERSION,
} from "@mini-openclaw/protocol";
import { isError } from "@mini-openclaw/protocol/shared";

/**
 * Answers with the session's transcript: its header line, then each entry, one a line. Holds a few
 * entries at a time, whatever the session's length. Rejects when it cannot be read to its end; the
 * answer is cut off then.
 */
export async function exportSession(
  store: Pick<SessionStore, "entries">,
  session: SessionMeta,
  response: ServerResponse,
): Promise<void> {
  const { sessionId } = session;
  response.writeHead(200, {
    "Content-Type": "application/jsonl; charset=utf-8",
    "Content-Disposition": `attachment; filename="${sessionId.replace(/[^\w.-]/g, "_")}.jsonl"`,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  if (response.req.method === "HEAD") return void response.end();
  async function* lines() {
    yield toLine(toHeader(session));
    try {
      for await (const entry of store.entries(sessionId)) yield toLine(entry);
    } catch (cause) {
      // Node reads fields of what a stream throws.
      throw isError(cause) ? cause : new Error("The session could not be read.", { cause });
    }
  }
  await pipeline(Readable.from(lines()), response);
}

function toHeader({
  sessionId,
  key,
  createdAt,
  owner,
  forkedFrom,
  parent,
  epoch,
}: SessionMeta): SessionHeader {
  return {
    type: "session",
    v: TRANSCRIPT_VERSION,
    sessionId,
    key,
    createdAt,
    ...(owner !== undefined && { owner }),
    ...(forkedFrom && { forkedFrom }),
    ...(parent && { parent }),
    epoch,
  };
}

function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
