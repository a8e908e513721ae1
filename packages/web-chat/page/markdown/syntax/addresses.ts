import type { MarkdownIt, StateInline } from "markdown-it";

/** A web or mail address in plain text. */
export interface Address {
  readonly start: number;
  readonly end: number;
  readonly href: string;
}

/**
 * A character that never belongs to an address: white space, invisible characters, quotes, arrows,
 * and full-width marks.
 */
const OUTSIDE =
  /[\s\p{Cc}\p{Cf}<>"`|“”‘’«»‹›„…—\u2190-\u21ff\u3000-\u303f\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uff65]/u;

/** A letter of Chinese, Japanese or Korean. */
const CJK_LETTER = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u;

/** The ends of a word and of a clause, if a Chinese, Japanese or Korean letter follows. */
const WORD_END = /[A-Za-z0-9%.~)\]}]/;
const CLAUSE_END = /[,;!'$*]/;

/** A mark that ends a sentence of any script, or an emphasis, when an address ends with it. */
const TRAILING = /[\p{Terminal_Punctuation}*_~'$]/u;

/** A mark that Markdown escapes, which models do inside of addresses. */
const ESCAPED = /\\([!-/:-@[-`{-~])/g;

const OPENER_OF: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** An entity such as `&lt;`, which is a mark of the sentence. Its length is limited. */
const TRAILING_ENTITY = /&[a-z][a-z0-9]{1,30};$/i;

/** The host of an IPv6 address, such as `[::1]`. */
const IPV6_HOST = /^\[[\da-f:.]{2,45}\]/i;

// `https` and the character before it.
const MAX_SCHEME_CHARS = 6;

// RFC 5321 allows 64 characters before the `@` and 255 after it.
const MAX_LOCAL_CHARS = 64;
const MAX_DOMAIN_CHARS = 255;

/**
 * Returns the index after the address whose host begins at `host`; `host` itself if none does.
 *
 * An address ends before white space, quotes, full-width marks, emphasis and footnotes. A Chinese,
 * Japanese or Korean letter belongs to it only where a part of a path begins with such a letter, or
 * a hyphen joins it, as in `/wiki/中文` and `/docs-中文`: in `example.com/docs里` and
 * `(example.com/docs)里` the sentence continues.
 */
function addressEnd(text: string, host: number): number {
  const numeric = IPV6_HOST.exec(text.slice(host, host + 47))?.[0] ?? "";
  if (numeric === "" && !/[\p{L}\p{N}]/u.test(characterAt(text, host))) return host;
  let end = host + numeric.length;
  let [isForeign, depth] = [false, 0];
  for (let before = "/"; end < text.length; ) {
    const character = characterAt(text, end);
    const isLetter = CJK_LETTER.test(character);
    if (OUTSIDE.test(character) || isMark(text, end)) break;
    if (isLetter && (CLAUSE_END.test(before) || depth < 0 || (!isForeign && WORD_END.test(before)))) break;
    if (isLetter) isForeign = true;
    else if (/[/?&=#]/.test(character)) isForeign = false;
    else if (/[([{]/.test(character)) depth += 1;
    else if (/[)\]}]/.test(character)) depth -= 1;
    before = character;
    end += character.length;
  }
  return withoutTrailing(text, host, end);
}

/** Finds the addresses that begin with `www.` and the mail addresses of a text without Markdown. */
export function findAddresses(text: string): Address[] {
  const found: Address[] = [];
  let from = 0;
  for (;;) {
    const address = nextAddress(text, from);
    if (!address) return found;
    found.push(address);
    from = address.end;
  }
}

/** Adds links for bare `http://` and `https://` addresses to inline Markdown. */
export function addAddresses(md: MarkdownIt): void {
  md.inline.ruler.before("autolink", "address", (state, silent) => {
    if (!state.src.startsWith("://", state.pos) || state.linkLevel > 0) return false;
    const before = state.src.slice(Math.max(0, state.pos - MAX_SCHEME_CHARS), state.pos);
    const scheme = /(?:^|[^a-z0-9.+-])(https?)$/i.exec(before)?.[1];
    if (scheme === undefined || state.pending.length < scheme.length) return false;
    const end = addressEnd(state.src.slice(0, state.posMax), state.pos + 3);
    if (end === state.pos + 3) return false;
    if (!silent) {
      state.pending = state.pending.slice(0, -scheme.length);
      pushLink(state, state.src.slice(state.pos - scheme.length, end));
    }
    state.pos = end;
    return true;
  });
}

function pushLink(state: StateInline, address: string): void {
  const open = state.push("link_open", "a", 1);
  const plain = address.replace(ESCAPED, "$1");
  open.attrs = [["href", plain]];
  open.markup = "address";
  state.push("text", "", 0).content = plain;
  state.push("link_close", "a", -1).markup = "address";
}

function nextAddress(text: string, from: number): Address | undefined {
  for (const { index } of text.slice(from).matchAll(/www\.|@/gi)) {
    const at = from + index;
    const address = text[at] === "@" ? mailAt(text, at, from) : wwwAt(text, at);
    if (address) return address;
  }
  return undefined;
}

function wwwAt(text: string, start: number): Address | undefined {
  if (/[a-z0-9.@/_-]/i.test(text[start - 1] ?? " ")) return undefined;
  const end = addressEnd(text, start + 4);
  const address = text.slice(start, end);
  return address.slice(4).includes(".") ? { start, end, href: `http://${address}` } : undefined;
}

function mailAt(text: string, at: number, from: number): Address | undefined {
  const before = text.slice(Math.max(from, at - MAX_LOCAL_CHARS), at);
  const local = /[a-z0-9][\w.+-]*$/i.exec(before)?.[0];
  const domain = /^(?:[a-z0-9-]+\.)+[a-z]{2,}/i.exec(text.slice(at + 1, at + 1 + MAX_DOMAIN_CHARS))?.[0];
  if (local === undefined || domain === undefined) return undefined;
  const start = at - local.length;
  const end = at + 1 + domain.length;
  return { start, end, href: `mailto:${text.slice(start, end)}` };
}

/** The whole character at an index, also outside the Basic Multilingual Plane. */
function characterAt(text: string, index: number): string {
  const code = text.codePointAt(index);
  return code === undefined ? "" : String.fromCodePoint(code);
}

/** Returns true if an emphasis or a footnote begins or ends at an index. */
function isMark(text: string, index: number): boolean {
  return ["**", "~~", "[^"].some((mark) => text.startsWith(mark, index));
}

/** Removes closing marks of the sentence, and brackets that were opened before the address. */
function withoutTrailing(text: string, start: number, limit: number): number {
  const balance: Record<string, number> = {};
  for (let index = start; index < limit; index += 1) {
    for (const [closer, opener] of Object.entries(OPENER_OF)) {
      if (text[index] === opener) balance[closer] = (balance[closer] ?? 0) + 1;
      if (text[index] === closer) balance[closer] = (balance[closer] ?? 0) - 1;
    }
  }
  let end = limit;
  while (end > start) {
    const last = text[end - 1] ?? "";
    const entity = last === ";" ? TRAILING_ENTITY.exec(text.slice(Math.max(start, end - 33), end)) : null;
    if (entity) {
      end -= entity[0].length;
      continue;
    }
    const isUnopened = (balance[last] ?? 0) < 0;
    if (isUnopened) balance[last] = (balance[last] ?? 0) + 1;
    else if (!TRAILING.test(last) && !(last in { "(": 0, "[": 0, "{": 0 })) break;
    end -= 1;
  }
  return end;
}
