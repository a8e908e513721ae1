import { AgentError } from "../shared/errors.ts";

/** Replaces a secret in a recording. */
const REDACTED = "[secret]";

/** Removes secrets from a recording. */
export interface Redactor {
  /**
   * One text that came in pieces. A secret that lies across two of them is found too. As many
   * pieces come back.
   */
  pieces(pieces: readonly string[]): string[];
  /** Every string of a JSON value. */
  value<T>(value: T): T;
}

/**
 * An environment variable's value that is shorter is not looked for: it may well be a word.
 */
const MIN_ENVIRONMENT_SECRET_CHARS = 12;

const secretName =
  /api[-_]?key|access[-_]?key|secret|token|passw(or)?d|credential|^(proxy-)?authorization$|^cookie$/i;

/** Each matches a secret alone, with nothing around it. */
const secretPatterns: readonly RegExp[] = [
  // Anthropic, OpenAI and those who do as they do.
  /\bsk-[\w-]{16,}/g,
  /\bgh[oprsu]_\w{36,}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20,}/g,
  /\bxox[abeprs]-[\w-]{10,}/g,
  /\bA(KIA|SIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}/g,
  // A JSON Web Token: both first parts begin with `{"`.
  /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/g,
  // `postgres://user:password@host`.
  /(?<=\b[a-z][a-z\d+.-]*:\/\/[^\s/:@"']*:)[^\s/@"']+(?=@)/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  // First what is cheap to see: looked back from every space of many, the rest would take the
  // square of their number.
  /(?=[\w.~+/=-]{16})(?<=\bbearer\s+)[\w.~+/=-]{16,}/gi,
  /(?=[\w.~+/=-]{16})(?<=\bauthorization["']?\s*[:=]\s*["']?(basic\s+|token\s+)?)[\w.~+/=-]{16,}/gi,
  // `API_KEY=…`, `"password": "…"`. A plain number is none, such as `maxTokens: 8192000`.
  // Also where that is JSON in a string of JSON.
  /(?=[^\s\\"',;&]{8})(?<=(api[-_]?key|access[-_]?key|secret|token|passw(or)?d)\w*\\*["']?\s*[:=]\s*\\*["']?)(?![\d_.,]+\b)[^\s\\"',;&]{8,}/gi,
];

/**
 * Creates a redactor. It knows the usual forms of keys, tokens, passwords and authorization values,
 * and the values of environment variables that are named like one. `secrets` adds others.
 *
 * @throws AgentError `INVALID_OPTION` if one of them would match the empty text
 */
export function createRedactor(secrets: readonly (string | RegExp)[]): Redactor {
  const patterns = [...secretPatterns, ...[...environmentSecrets(process.env), ...secrets].map(toPattern)];
  const pieces = (texts: readonly string[]) => replaceRanges(texts, findRanges(texts.join(""), patterns));
  const value = (one: unknown, name = ""): unknown => {
    if (typeof one === "string") return secretName.test(name) && one ? REDACTED : pieces([one])[0];
    if (Array.isArray(one)) return one.map((item) => value(item, name));
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, value(item, key)]));
  };
  return { pieces, value: <T>(one: T) => value(one) as T };
}

/** The values of environment variables that are named as secrets are. */
function environmentSecrets(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    (secretName.test(name) || /key$/i.test(name)) && value && value.length >= MIN_ENVIRONMENT_SECRET_CHARS
      ? [value]
      : [],
  );
}

/** Every occurrence of a text or a pattern. */
export function toPattern(named: string | RegExp): RegExp {
  const source = typeof named === "string" ? named.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&") : named.source;
  const flags = typeof named === "string" ? "g" : named.flags.includes("g") ? named.flags : `${named.flags}g`;
  const pattern = new RegExp(source, flags);
  if (!pattern.test("")) return pattern;
  throw new AgentError("INVALID_OPTION", `${pattern} matches the empty text: name what is to be left out.`);
}

interface Range {
  start: number;
  end: number;
}

/** Sorted, none touching another. */
function findRanges(text: string, patterns: readonly RegExp[]): Range[] {
  const found = patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ index, 0: match }) => ({ start: index, end: index + match.length })),
  );
  found.sort((a, b) => a.start - b.start);
  const merged: Range[] = [];
  for (const range of found) {
    const last = merged.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push(range);
  }
  return merged;
}

/** The mark stands in the piece in which the range begins. */
function replaceRanges(texts: readonly string[], ranges: readonly Range[]): string[] {
  let offset = 0;
  return texts.map((text) => {
    const start = offset;
    const end = start + text.length;
    offset = end;
    let kept = "";
    let at = start;
    for (const range of ranges) {
      if (range.end <= start || range.start >= end) continue;
      kept += text.slice(at - start, Math.max(range.start, start) - start);
      if (range.start >= start) kept += REDACTED;
      at = Math.min(range.end, end);
    }
    return kept + text.slice(at - start);
  });
}
