import { join } from "node:path";

/** The paths of a session's transcript, and of the cache beside it. */
export interface SessionLocation {
  /** The truth. */
  readonly transcript: string;
  /** A cache of what the transcript adds up to; in files of the tutorial's code, the only place of key and times. */
  readonly meta: string;
}

/** The place of a session's files. */
export interface SessionPaths extends SessionLocation {
  readonly folder: string;
  /** Live events, while the session is not at rest. */
  readonly journal: string;
  readonly lock: string;
}

export function sessionPaths(folder: string, sessionId: string): SessionPaths {
  return {
    folder,
    transcript: join(folder, `${sessionId}.jsonl`),
    meta: join(folder, `${sessionId}.meta.json`),
    journal: join(folder, LIVE_FOLDER, `${sessionId}.jsonl`),
    lock: join(folder, `${sessionId}.lock`),
  };
}

export const LIVE_FOLDER = "live";
/** Damaged bytes, copied here before they are cut. */
export const DAMAGED_FOLDER = "damaged";
