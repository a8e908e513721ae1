import { sep } from "node:path";

/** The paths of a session's transcript, and of the cache beside it. */
export interface SessionLocation {
  /** The transcript. All other files are caches of it, but for live events. */
  readonly transcript: string;
  /**
   * A cache of the summary. In the legacy format it is the only file with the key and the times.
   */
  readonly meta: string;
}

/** The paths of the files of a session that is not archived. */
export interface SessionPaths extends SessionLocation {
  readonly sessionId: string;
  readonly folder: string;
  /** The live events, while something runs or waits. */
  readonly journal: string;
  readonly lock: string;
}

export function sessionPaths(folder: string, sessionId: string): SessionPaths {
  // Each page of messages needs them, and `join` costs as much as opening the file.
  const base = `${folder}${sep}${sessionId}`;
  return {
    sessionId,
    folder,
    transcript: `${base}.jsonl`,
    meta: `${base}.meta.json`,
    journal: `${folder}${sep}${LIVE_FOLDER}${sep}${sessionId}.jsonl`,
    lock: `${base}.lock`,
  };
}

export const LIVE_FOLDER = "live";
/** The folder for files that are too large for a line, by session. */
export const BLOBS_FOLDER = "blobs";
/** The folder for copies of damaged bytes, made before they are cut. */
export const DAMAGED_FOLDER = "damaged";
