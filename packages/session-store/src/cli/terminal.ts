import type { SessionMeta } from "@mini-openclaw/protocol";

/** The output of a command. Tests replace it. */
export interface Terminal {
  out: (text: string) => void;
  /** Progress, hints and errors, for people. */
  err: (text: string) => void;
  /** True if `err` is a screen. Progress is printed only then. */
  isInteractive: boolean;
  hasColor: boolean;
}

/** A mistake of the user. It ends with exit code 64. */
export class UsageError extends Error {}

// Controls (C0 and C1), and characters that change the direction of text.
const DANGEROUS = /[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Returns text that cannot move the cursor, change colors or turn text around. A session is not
 * trusted.
 */
export function safe(text: string): string {
  return text.replace(DANGEROUS, (character) =>
    character === "\t" || character === "\n"
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Returns safe text on one line, so that a name cannot look like another line of the output. */
export function safeLine(text: string): string {
  return safe(text).replaceAll("\n", " ");
}

/** Returns a line of JSON. JSON escapes C0 controls only, so that the others are escaped here. */
export function jsonLine(value: unknown): string {
  return `${safe(JSON.stringify(value))}\n`;
}

export function bold({ hasColor }: Terminal, text: string): string {
  return hasColor ? `\u001b[1m${text}\u001b[22m` : text;
}

export function dim({ hasColor }: Terminal, text: string): string {
  return hasColor ? `\u001b[2m${text}\u001b[22m` : text;
}

/** Returns an instant as `2026-01-01 00:00:00`, in UTC. */
export function instant(timestamp: number): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? "unknown" : date.toISOString().slice(0, 19).replace("T", " ");
}

/** Returns one line of a list. */
export function sessionRow({ sessionId, updatedAt, messageCount, key, title }: SessionMeta): string {
  const count = `${messageCount}`.padStart(6);
  return safeLine(`${sessionId}  ${instant(updatedAt)}  ${count}  ${key.padEnd(20)}  ${title}`);
}
