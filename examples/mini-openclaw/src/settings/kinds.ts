import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { listOf } from "@mini-openclaw/protocol/shared";

/** A description of the values that a setting may have, for the end of "must be …". */
export class Refusal {
  readonly expected: string;
  constructor(expected: string) {
    this.expected = expected;
  }
}

/** A kind of value: its parser, and its JSON Schema for `config.json`. */
export interface Kind<Value> {
  /** `cwd` is the directory to which a path is relative. */
  parse(text: string, cwd: string): Value | Refusal;
  readonly schema: Readonly<Record<string, unknown>>;
}

export function integer(min: number, max: number): Kind<number> {
  return {
    parse(text) {
      const value = Number(text);
      const isInRange = /^\d+$/.test(text) && value >= min && value <= max;
      return isInRange ? value : new Refusal(`an integer from ${min} to ${max}`);
    },
    schema: { type: "integer", minimum: min, maximum: max },
  };
}

/** An amount of US dollars. */
export const amount: Kind<number> = {
  parse: (text) =>
    /^\d+(\.\d+)?$/.test(text) ? Number(text) : new Refusal("an amount of US dollars, such as 2.50"),
  schema: { type: "number", minimum: 0 },
};

export const onOrOff: Kind<boolean> = {
  parse: (text) => (text === "on" || text === "off" ? text === "on" : new Refusal("on or off")),
  schema: { type: "boolean" },
};

export function oneOf<const Value extends string>(values: readonly Value[]): Kind<Value> {
  return {
    parse: (text) => values.find((value) => value === text) ?? new Refusal(listOf(values)),
    schema: { enum: values },
  };
}

/** A text that `pattern` accepts. `expected` describes it. */
export function text(pattern: RegExp, expected: string): Kind<string> {
  return {
    parse: (value) => (pattern.test(value) ? value : new Refusal(expected)),
    schema: { type: "string" },
  };
}

/** Texts separated by commas, or a list of texts in `config.json`. */
export function list(
  pattern: RegExp,
  expected: string,
  { isLowerCase = false } = {},
): Kind<readonly string[]> {
  return {
    parse(value) {
      const items = (isLowerCase ? value.toLowerCase() : value).split(",").map((item) => item.trim());
      return items.every((item) => pattern.test(item)) ? items : new Refusal(expected);
    },
    schema: { type: "array", items: { type: "string" } },
  };
}

/**
 * Returns a path as an absolute one. `~` is the user's home, because no shell reads files with
 * settings, and a shell replaces only the first `~` of a list.
 */
export function toPath(text: string, cwd: string): string {
  return resolve(cwd, /^~(?=\/|$)/.test(text) ? join(homedir(), text.slice(1)) : text);
}

/** Directories separated by commas, or a list of them in `config.json`. */
export const directories: Kind<readonly string[]> = {
  parse(value, cwd) {
    const items = value.split(",").map((item) => item.trim());
    if (items.includes("")) return new Refusal("folders separated by commas");
    return items.map((item) => toPath(item, cwd));
  },
  schema: { type: "array", items: { type: "string" } },
};

/** A directory. It must exist if `exists` is set. */
export function directory({ exists }: { exists: boolean }): Kind<string> {
  return {
    parse(value, cwd) {
      const path = toPath(value, cwd);
      if (!exists || statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
      return new Refusal("a directory that exists");
    },
    schema: { type: "string" },
  };
}

// Headers carry tokens and keys.
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const TOKEN_TEXT = "visible ASCII characters without blanks";
const isVisibleAscii = (value: string) => VISIBLE_ASCII.test(value);

// The gateway refuses short tokens too. This text names the setting.
export const token: Kind<string> = {
  parse(value) {
    if (Buffer.byteLength(value) < 32) return new Refusal("at least 32 bytes (try: openssl rand -hex 32)");
    return isVisibleAscii(value) ? value : new Refusal(`${TOKEN_TEXT} (try: openssl rand -hex 32)`);
  },
  schema: { type: "string", minLength: 32 },
};

// Headers carry keys. The typographic quotes and dots of a web page cannot be sent.
export const apiKey: Kind<string> = text(VISIBLE_ASCII, "a key of printable ASCII characters without blanks");

/** Tokens separated by commas, or a list of them in `config.json`. */
export const tokens: Kind<readonly string[]> = {
  parse(value) {
    const items = value.split(",").map((item) => item.trim());
    if (!items.every((item) => Buffer.byteLength(item) >= 32))
      return new Refusal("tokens of at least 32 bytes, separated by commas");
    return items.every(isVisibleAscii) ? items : new Refusal(`tokens of ${TOKEN_TEXT}, separated by commas`);
  },
  schema: { type: "array", items: token.schema },
};

/** An address of pages. It is printed, and paths are added to it. */
export const pageAddress: Kind<string> = {
  parse: (value) =>
    /^https?:\/\/[^\s?#@]+$/i.test(value) && URL.canParse(value)
      ? value
      : new Refusal("an http:// or https:// address without a user, a query or a fragment"),
  schema: { type: "string", format: "uri" },
};

export const webAddress: Kind<string> = {
  parse(value) {
    const isHttp = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
    return isHttp ? value : new Refusal("an http:// or https:// address");
  },
  schema: { type: "string", format: "uri" },
};

export const timeZone: Kind<string> = {
  parse: (value) => (isTimeZone(value) ? value : new Refusal("a time zone, such as Asia/Shanghai")),
  schema: { type: "string" },
};

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
