import { AgentError } from "../../shared/errors.ts";

/** Characters of a token, at most: a token of blanks or dashes may have so many. */
const CHARS_PER_TOKEN = 128;

/** An answer may always have this many characters. */
const MIN_CHARS = 65_536;

/** No answer may have more characters, whatever its limit of tokens is. */
const MAX_CHARS = 8 * 1024 * 1024;

/** The tokens of an answer whose limit is not known. No model of today gives more. */
export const MAX_TOKENS = 262_144;

/**
 * Bytes of a stream for each token of its answer, the JSON around it and log probabilities
 * included.
 */
const BYTES_PER_TOKEN = 4096;

/** Bytes that a stream may always have. */
const MIN_BYTES = 4 * 1024 * 1024;

/** One call's arguments beyond this many characters are no input for a tool. */
export const MAX_ARGUMENT_CHARS = 4 * 1024 * 1024;

/** Characters that a part of an answer counts besides its text. */
export const PART_CHARS = 64;

/** The limits of one answer. A server that goes far beyond what it was asked for is at fault. */
export interface AnswerLimit {
  /** Counts characters of the answer. @throws AgentError `MODEL_FAILED` */
  addChars(count: number): void;
  /** Counts bytes of the stream. @throws AgentError `MODEL_FAILED` */
  addBytes(count: number): void;
}

export function createAnswerLimit(maxAnswerTokens: number): AnswerLimit {
  const tokens = Math.min(maxAnswerTokens, MAX_TOKENS);
  const maxChars = Math.min(MAX_CHARS, Math.max(MIN_CHARS, tokens * CHARS_PER_TOKEN));
  const maxBytes = MIN_BYTES + tokens * BYTES_PER_TOKEN;
  let chars = 0;
  let bytes = 0;
  return {
    addChars(count) {
      chars += count;
      if (chars > maxChars) throw tooLong(`${maxChars} characters`, maxAnswerTokens);
    },
    addBytes(count) {
      bytes += count;
      if (bytes > maxBytes) throw tooLong(`${maxBytes} bytes`, maxAnswerTokens);
    },
  };
}

function tooLong(limit: string, maxAnswerTokens: number): AgentError {
  const asked = Number.isFinite(maxAnswerTokens) ? ` for an answer of at most ${maxAnswerTokens} tokens` : "";
  return new AgentError(
    "MODEL_FAILED",
    `The model's server sent more than ${limit}${asked}. The answer was cut.`,
  );
}
