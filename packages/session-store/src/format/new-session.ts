import type { CreateSessionOptions, SessionHeader } from "@mini-openclaw/protocol";
import { TRANSCRIPT_VERSION } from "@mini-openclaw/protocol";
import { createId } from "../model/names.ts";
import { beginSummary, nextSummary, type Summary } from "./summary.ts";

type NewSession = CreateSessionOptions & Pick<SessionHeader, "forkedFrom"> & { createdAt?: number };

/**
 * Returns the time of creation for a new session of a key: now, but always after the one before it.
 * The time orders the sessions of a key, and a clock may be put back.
 */
export function nextCreation(latest: number): number {
  return Math.max(Date.now(), latest + 1);
}

/** Creates the summary of a session without entries. */
export function createSummary(
  key: string,
  { owner, forkedFrom, parent, createdAt = Date.now() }: NewSession = {},
): Summary {
  const header: SessionHeader = {
    type: "session",
    v: TRANSCRIPT_VERSION,
    sessionId: createId(),
    key,
    createdAt,
    ...(owner !== undefined && { owner }),
    ...(forkedFrom !== undefined && { forkedFrom }),
    ...(parent !== undefined && { parent }),
  };
  const summary = nextSummary(beginSummary(header.sessionId), { kind: "header", header });
  // The header is written with the first entry.
  return { ...summary, numbered: false };
}
