import type { SessionMeta } from "@mini-openclaw/protocol";

/** Where a command writes; tests give their own. */
export interface Terminal {
  out: (text: string) => void;
  /** For people: progress, hints, errors. */
  err: (text: string) => void;
  /** Whether `err` is a screen: only then progress is shown. */
  isInteractive: boolean;
  hasColor: boolean;
}

/** What the user got wrong; told with exit code 64. */
export class UsageError extends Error {}

// Controls (C0 and C1), and what turns the direction of text or is not shown.
const DANGEROUS = /[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Text that cannot move the cursor, change colours or turn around: what a session says is not
 * trusted.
 */
export function safe(text: string): string {
  return text.replace(DANGEROUS, (character) =>
    character === "\t" || character === "\n"
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A line of JSON. JSON escapes C0 controls only, so that the others are escaped here. */
export function jsonLine(value: unknown): string {
  return `${safe(JSON.stringify(value))}\n`;
}

export function bold({ hasColor }: Terminal, text: string): string {
  return hasColor ? `\u001b[1m${text}\u001b[22m` : text;
}

export function dim({ hasColor }: Terminal, text: string): string {
  return hasColor ? `\u001b[2m${text}\u001b[22m` : text;
}

/** `2026-01-01 00:00:00`, in UTC. */
export function instant(timestamp: number): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? "unknown" : date.toISOString().slice(0, 19).replace("T", " ");
}

/** One line of a list. */
export function sessionRow({ sessionId, updatedAt, messageCount, key, title }: SessionMeta): string {
  const count = `${messageCount}`.padStart(6);
  return safe(`${sessionId}  ${instant(updatedAt)}  ${count}  ${key.padEnd(20)}  ${title}`).replaceAll(
    "\n",
    " ",
  );
}
