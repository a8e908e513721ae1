import { closestName } from "./closest-name.ts";
import { cutText, describeValue, isRecord } from "./text.ts";

/** Returns the text of an error about a bad option: `` `name` must be …, got …. `` */
export function mustBe(name: string, expected: string, value: unknown): string {
  return `\`${name}\` must be ${expected}, got ${describeValue(value)}.`;
}

/** Returns names as one phrase: `a, b or c`. */
export function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

// Longer than any option. A key of an object can be a whole text.
const MAX_NAME_CHARS = 60;

/** The bounds of an option, both inclusive. */
export interface NumberRange {
  /** @default 0 */
  min?: number;
  /** @default no upper bound */
  max?: number;
}

/**
 * The checks of a package's options. Each one returns the value, or throws with the code
 * `INVALID_OPTION`.
 */
export interface OptionChecks {
  /** Accepts an integer. */
  integer(name: string, value: unknown, range?: NumberRange): number;
  /** Accepts an integer or `Infinity`. */
  limit(name: string, value: unknown, range?: NumberRange): number;
  /** Accepts any number that is not NaN, `Infinity` included. */
  number(name: string, value: unknown, range?: NumberRange): number;
  /** Accepts a string of 1 to `maxChars` UTF-16 units. */
  text(name: string, value: unknown, maxChars?: number): string;
  /** Accepts one of the given values. */
  oneOf<Value>(name: string, value: Value, allowed: readonly Value[]): Value;
  /**
   * Accepts an object without unknown names, because a misspelled option would be ignored. `names`
   * has every option of the type, so that the compiler finds a forgotten one.
   */
  known: <Options extends object>(
    caller: string,
    options: Options,
    names: Readonly<Record<keyof Options, true>>,
  ) => void;
}

/** Creates the checks that throw a package's own error. */
export function createOptionChecks(
  OptionError: new (code: "INVALID_OPTION", message: string) => Error,
): OptionChecks {
  function check<Value>(name: string, value: unknown, isValid: boolean, expected: string): Value {
    if (isValid) return value as Value;
    throw new OptionError("INVALID_OPTION", mustBe(name, expected, value));
  }

  return {
    integer: (name, value, range) =>
      check(
        name,
        value,
        Number.isInteger(value) && isWithin(value, range),
        `an integer${describeRange(range)}`,
      ),
    limit: (name, value, range) =>
      check(
        name,
        value,
        (Number.isInteger(value) || value === Infinity) && isWithin(value, range),
        `an integer${describeRange(range)}, or Infinity`,
      ),
    number: (name, value, range) =>
      check(
        name,
        value,
        typeof value === "number" && isWithin(value, range),
        `a number${describeRange(range)}`,
      ),
    text: (name, value, maxChars = Infinity) =>
      check(
        name,
        value,
        typeof value === "string" && value !== "" && value.length <= maxChars,
        maxChars === Infinity ? "a string that is not empty" : `a string of 1 to ${maxChars} characters`,
      ),
    oneOf: (name, value, allowed) =>
      check(name, value, allowed.includes(value), listOf(allowed.map(describeValue))),
    known(caller, options, names) {
      check("options", options, isRecord(options), "an object");
      const given = namesOf(options);
      check("options", options, given !== undefined, "a readable object");
      const unknown = given?.find((name) => !Object.hasOwn(names, name));
      if (unknown === undefined) return;
      const known = Object.keys(names);
      const name = cutText(unknown, MAX_NAME_CHARS);
      const closest = closestName(name, known);
      const advice = closest === undefined ? "" : ` The closest is \`${closest}\`.`;
      const message = `\`${name}\` is no option of \`${caller}\`. Its options are ${known.join(", ")}.`;
      throw new OptionError("INVALID_OPTION", `${message}${advice}`);
    },
  };
}

/** Returns the names of a record, or `undefined` for a proxy that throws. */
function namesOf(options: object): string[] | undefined {
  try {
    return Object.keys(options);
  } catch {
    return undefined;
  }
}

function isWithin(value: unknown, { min = 0, max = Infinity }: NumberRange = {}): boolean {
  return Number(value) >= min && Number(value) <= max;
}

function describeRange({ min = 0, max = Infinity }: NumberRange = {}): string {
  return max === Infinity ? ` of at least ${min}` : ` from ${min} to ${max}`;
}
