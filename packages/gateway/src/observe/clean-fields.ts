import { describeValue, isError } from "@mini-openclaw/protocol/shared";
import type { LogFields } from "./logger.ts";

const REDACTED = "[redacted]";

/** In place of a value that throws when it is read. */
const UNREADABLE = "[unreadable]";

const ERROR_FIELDS = ["name", "message", "stack", "cause"];

// Names whose values are never logged, of whatever origin: headers, options, the fields of an SDK's
// errors.
const SECRET_NAME = /token$|^authorization$|cookie|secret|password|api[-_]?key/i;

// Secrets in running text: `Authorization: Bearer …`, the subprotocol `bearer.…`, and the page's
// cookie.
const SECRET_TEXT = /(bearer[ .]+|mini_openclaw_\w+=)[^\s,;"']+/gi;

// Everything that could forge a line, steer a terminal, or show a text in another order than it
// has.
const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

// Enough for a reader, and a bound on the length of a line that an attacker causes.
const MAX_CHARS = 2000;
const MAX_STACK_CHARS = 8000;
const MAX_DEPTH = 4;
const MAX_ITEMS = 20;

/**
 * Log fields as they may be written down: no secrets, by name or where they stand in a text;
 * control characters as escapes; long texts cut. `secrets` are known ones, redacted wherever they
 * stand.
 */
export function cleanFields(fields: LogFields, secrets: Iterable<string> = []): LogFields {
  const known = [...secrets];

  function cleanText(text: string): string {
    const cut = text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
    return hide(cut).replace(CONTROL, toEscape);
  }

  function cleanStack(stack: string): string {
    const lines = hide(stack.slice(0, MAX_STACK_CHARS)).split("\n");
    return lines.map((line) => line.replace(CONTROL, toEscape)).join("\n");
  }

  function hide(text: string): string {
    const shown = text.replace(SECRET_TEXT, (_match, before: string) => before + REDACTED);
    return known.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), shown);
  }

  /** A copy, as an error still: loggers look for its stack and its cause. */
  function cleanError(error: Error, depth: number): Error {
    const [name, message] = [textOf(read(error, "name")), textOf(read(error, "message"))];
    const [stack, cause] = [read(error, "stack"), read(error, "cause")];
    const copy = new Error(cleanText(message), cause === undefined ? {} : { cause: clean(cause, depth + 1) });
    return Object.assign(copy, cleanObject(error, depth, ERROR_FIELDS), {
      name: cleanText(name),
      stack: cleanStack(typeof stack === "string" && stack !== "" ? stack : `${name}: ${message}`),
    });
  }

  function cleanObject(value: object, depth: number, except: readonly string[] = []): LogFields {
    const names = Object.keys(value).filter((name) => !except.includes(name));
    return Object.fromEntries(
      names
        .slice(0, MAX_ITEMS)
        .map((name) => [
          cleanText(name),
          SECRET_NAME.test(name) ? REDACTED : clean(read(value, name), depth + 1),
        ]),
    );
  }

  function clean(value: unknown, depth: number): unknown {
    try {
      return cleanValue(value, depth);
    } catch {
      return UNREADABLE;
    }
  }

  function cleanValue(value: unknown, depth: number): unknown {
    if (typeof value === "string") return cleanText(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth > MAX_DEPTH) return "…";
    if (isError(value)) return cleanError(value, depth);
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((one) => clean(one, depth + 1));
    return cleanObject(value, depth);
  }

  return cleanObject(fields, 0);
}

/** Returns a field, of which the others must not be lost because its getter throws. */
function read(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    return UNREADABLE;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : describeValue(value);
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
