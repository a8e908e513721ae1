import { wholeHead } from "../../shared/cut-text.ts";

/** Shorter secrets are not searched for: they would stand in ordinary words. */
const MIN_SECRET_CHARS = 4;

/**
 * The first characters of a secret that are enough to take the text for a quotation of the secret.
 */
const QUOTED_CHARS = 10;

/** Values that look like keys of any service. */
const keyLike = /\b(?:sk|pk|rk|gsk|xai|hf|ghp|glpat)[-_][A-Za-z0-9_-]{12,}|\bAIza[A-Za-z0-9_-]{20,}/g;
const authorization = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;

const ESC = String.fromCodePoint(0x1b);
const CSI = String.fromCodePoint(0x9b);
const BEL = String.fromCodePoint(0x07);

/** ANSI escape sequences, as terminals obey them. ECMA-48, 5.4. */
const escapes = new RegExp(
  `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]|${ESC}\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|${ESC}.`,
  "g",
);
const controls = /[\p{Cc}\u2028\u2029]/gu;
/** Marks that change the direction of a text, or that nobody sees. */
const invisible = /[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]/g;
/** Where the stack of a JavaScript, Java, Python, Go or .NET program begins. */
const stack =
  /\n[ \t]*(?:at (?:[\w$.<>[\] ]+\(|\S+:\d+)|Traceback \(most recent call last\)|File "[^"]+", line \d|goroutine \d+|--- End of).*/s;

/**
 * Returns a server's text without secrets, escape sequences, bidirectional marks and stacks, in one
 * line of at most `maxChars`.
 *
 * A model's server may quote the request: its error must not carry the key to clients, logs and
 * transcripts.
 */
export function cleanText(text: string, secrets: readonly string[], maxChars: number): string {
  // Limited first: each step below reads the whole text.
  const plain = wholeHead(text, 65_536)
    .replace(stack, "")
    .replace(escapes, "")
    .replace(controls, " ")
    .replace(invisible, "")
    .replace(/\s+/g, " ")
    .trim();
  return wholeHead(hideSecrets(plain, secrets), maxChars);
}

/** Replaces the secrets, their usual encodings, and what looks like a key. */
function hideSecrets(text: string, secrets: readonly string[]): string {
  let hidden = text;
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET_CHARS) continue;
    const base64 = Buffer.from(secret).toString("base64").replace(/=+$/, "");
    for (const form of new Set([secret, encodeURIComponent(secret), base64])) hidden = hide(hidden, form);
  }
  return hidden.replace(authorization, "$1 [hidden]").replace(keyLike, "[hidden]");
}

/** Replaces a secret, or the beginning of one that was cut. */
function hide(text: string, secret: string): string {
  if (secret.length < QUOTED_CHARS) {
    // A short secret may be part of a word.
    const quoted = secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return text.replace(new RegExp(`(?<![A-Za-z0-9])${quoted}(?![A-Za-z0-9])`, "g"), "[hidden]");
  }
  const head = secret.slice(0, QUOTED_CHARS);
  let result = "";
  let from = 0;
  for (let at = text.indexOf(head); at !== -1; at = text.indexOf(head, from)) {
    let end = QUOTED_CHARS;
    while (end < secret.length && text[at + end] === secret[end]) end += 1;
    result += `${text.slice(from, at)}[hidden]`;
    from = at + end;
  }
  return result + text.slice(from);
}
