import { wholeHead } from "../../shared/cut-text.ts";

/** Shorter secrets are not searched for: they would stand in ordinary words. */
const MIN_SECRET_CHARS = 4;

/** So many characters of a secret's beginning or end are taken for a quotation of the secret. */
const QUOTED_CHARS = 10;

/** So many of its middle are. Fewer may be a word. */
const QUOTED_MIDDLE_CHARS = 16;

/** Values that look like keys of any service: by their prefix, tokens of JWT, keys of AWS. */
const keyLike =
  /\b(?:sk|pk|rk|gsk|xai|hf|ghp|glpat|tvly|nvapi|csk|fw)[-_][A-Za-z0-9_-]{12,}|\bAIza[A-Za-z0-9_-]{20,}|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g;
const authorization = /\b(Bearer|Basic)[\s:"'\\]+[A-Za-z0-9._~+/=-]{8,}/gi;
/** A value behind a name such as `x-api-key`. A router may quote a key that nobody here knows. */
const named =
  /((?:api[-_ ]?key|authorization|[-_ ]token|secret|password|cookie)(?: provided)?["'\\]*\s*[:=]\s*["'\\]*)(?=[^\s"'\\,;}]*\d)[A-Za-z0-9._~+/=-]{12,}/gi;

const ESC = String.fromCodePoint(0x1b);
const CSI = String.fromCodePoint(0x9b);
const BEL = String.fromCodePoint(0x07);

/** ANSI escape sequences, as terminals obey them. ECMA-48, 5.4. */
const escapes = new RegExp(
  `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]|${ESC}\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|${ESC}.`,
  "g",
);
const controls = /[\p{Cc}\u2028\u2029]/gu;
/**
 * Characters that change the direction of a text, that nobody sees, or that join the one before:
 * format characters, fillers and variation selectors. Tags (U+E0000) are among the first.
 */
const invisible = /\p{Cf}|\p{Variation_Selector}|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u3164|\uffa0/gu;
/** The first line of a stack in JavaScript, Java, Python, Go, .NET, Rust, PHP or Ruby. */
const stack =
  /\n[ \t]*(?:at (?:[\w$.<>[\] ]+\(|\S+:\d+)|Traceback \(most recent call last\)|File "[^"]+", line \d|goroutine \d+|--- End of|stack backtrace:|#\d+ \S+\(\d+\)|from \S+:\d+:in ).*/s;
/** Python's error stands behind its stack. */
const pythonStack = /^\s*Traceback \(most recent call last\):[\s\S]*\n(?=\S)/;
/** Line breaks that were escaped once too often, before a line of a stack. */
const escapedBreak = /\\n(?=[ \t]*(?:at |File "|Traceback|goroutine ))/g;

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
    .replace(escapedBreak, "\n")
    .replace(pythonStack, "")
    .replace(stack, "")
    .replace(escapes, "")
    .replace(controls, " ")
    .replace(invisible, "")
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(/\s+/g, " ")
    .trim();
  return wholeHead(hideSecrets(plain, secrets), maxChars);
}

/** Replaces the secrets, their usual encodings, and what looks like a key. */
function hideSecrets(text: string, secrets: readonly string[]): string {
  let hidden = text;
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET_CHARS) continue;
    for (const form of formsOf(secret)) hidden = hide(hidden, form);
  }
  return hidden
    .replace(authorization, "$1 [hidden]")
    .replace(named, "$1[hidden]")
    .replace(keyLike, "[hidden]");
}

/** Returns a secret as it stands in headers, addresses and JSON, in base64 and in hex. */
function formsOf(secret: string): Set<string> {
  const bytes = Buffer.from(secret);
  const encoded = encodeURIComponent(secret);
  const lower = encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  // Base64 of a text around the secret depends on where the secret begins. The characters at both
  // ends depend on their neighbours too.
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return offset === 0 ? text : text.slice(offset + 1, -1);
  });
  const url = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const forms = [secret, encoded, lower, JSON.stringify(secret).slice(1, -1), ...base64, ...url];
  return new Set([...forms, bytes.toString("hex")].filter(({ length }) => length >= MIN_SECRET_CHARS));
}

/** Replaces a secret, or a part of it that is long enough to be a quotation. */
function hide(text: string, secret: string): string {
  if (secret.length < QUOTED_CHARS) {
    // A short secret may be part of a word.
    const quoted = secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return text.replace(new RegExp(`(?<![A-Za-z0-9])${quoted}(?![A-Za-z0-9])`, "g"), "[hidden]");
  }
  const parts = new Map<string, number>();
  for (let at = secret.length - QUOTED_CHARS; at >= 0; at -= 1) {
    parts.set(secret.slice(at, at + QUOTED_CHARS), at);
  }
  let result = "";
  let from = 0;
  for (let at = 0; at + QUOTED_CHARS <= text.length; at += 1) {
    const place = parts.get(text.slice(at, at + QUOTED_CHARS));
    if (place === undefined) continue;
    let length = QUOTED_CHARS;
    while (place + length < secret.length && text[at + length] === secret[place + length]) length += 1;
    const isAtEdge = place === 0 || place + length === secret.length;
    if (!isAtEdge && length < QUOTED_MIDDLE_CHARS) continue;
    result += `${text.slice(from, at)}[hidden]`;
    from = at + length;
    at = from - 1;
  }
  return result + text.slice(from);
}
