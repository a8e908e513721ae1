import type { MessageEntry, SessionMeta } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { StoreError } from "./errors.ts";

// Up to here the search of the engine is faster, and its worst case is small.
const MAX_PLAIN_CHARS = 32;

/** The tests of a search. */
export interface Matcher {
  inTitle(this: void, session: SessionMeta): boolean;
  inMessage(this: void, message: MessageEntry): boolean;
  /** Returns false for a line of a transcript that cannot match, without parsing it. */
  mayMatch(this: void, line: Uint8Array): boolean;
}

/** Matches a text in titles and messages, ignoring case. @throws StoreError `INVALID_OPTION` */
export function createMatcher(text: string): Matcher {
  if (typeof text !== "string" || text.trim() === "") {
    throw new StoreError("INVALID_OPTION", mustBe("text", "a string that is not blank", text));
  }
  const wanted = text.toLowerCase();
  const includes = createIncludes(wanted);
  const has = (content: string) => includes(content.toLowerCase());
  return {
    inTitle: ({ title }) => has(title),
    inMessage: ({ content }) => has(content),
    mayMatch: PLAIN.test(wanted) ? (line) => mayHave(line, includes) : () => true,
  };
}

// Characters that JSON does not escape, and that are one byte in UTF-8.
const PLAIN = /^[ !#-[\]-~]+$/;
// An escape may be any character. U+0130 and U+212A, in UTF-8, have lower cases in ASCII.
const ELSEWHERE = /\\u|\u00C4\u00B0|\u00E2\u0084\u00AA/;

function mayHave(line: Uint8Array, includes: (text: string) => boolean): boolean {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString("latin1");
  return includes(text.toLowerCase()) || ELSEWHERE.test(text);
}

/**
 * Creates a substring test that is linear in the text, whatever the wanted text is.
 * `String.includes` takes their product for a long wanted text such as `aaa…baaa…`.
 */
export function createIncludes(wanted: string): (text: string) => boolean {
  if (wanted.length <= MAX_PLAIN_CHARS) return (text) => text.includes(wanted);
  // Knuth, Morris and Pratt: after a mismatch at `index`, the longest start of `wanted` that still
  // matches.
  const fallback = new Int32Array(wanted.length);
  const advance = (matched: number, code: number): number => {
    while (matched > 0 && wanted.charCodeAt(matched) !== code) matched = fallback[matched - 1] ?? 0;
    return wanted.charCodeAt(matched) === code ? matched + 1 : matched;
  };
  for (let index = 1; index < wanted.length; index += 1) {
    fallback[index] = advance(fallback[index - 1] ?? 0, wanted.charCodeAt(index));
  }
  return (text) => {
    let matched = 0;
    for (let index = 0; index < text.length; index += 1) {
      matched = advance(matched, text.charCodeAt(index));
      if (matched === wanted.length) return true;
    }
    return false;
  };
}
