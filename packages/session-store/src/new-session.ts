import type { CreateSessionOptions, SessionHeader } from "@mini-openclaw/protocol";
import { TRANSCRIPT_VERSION } from "@mini-openclaw/protocol";
import { createId } from "./names.ts";
import { beginSummary, nextSummary, type Summary } from "./summary.ts";

/** A session that has no entry yet, made now. */
export function createSummary(
  key: string,
  { owner, forkedFrom }: CreateSessionOptions & Pick<SessionHeader, "forkedFrom"> = {},
): Summary {
  const header: SessionHeader = {
    type: "session",
    v: TRANSCRIPT_VERSION,
    sessionId: createId(),
    key,
    createdAt: Date.now(),
    ...(owner !== undefined && { owner }),
    ...(forkedFrom !== undefined && { forkedFrom }),
  };
  const summary = nextSummary(beginSummary(header.sessionId), { kind: "header", header });
  // The header is written with the first entry.
  return { ...summary, numbered: false };
}
