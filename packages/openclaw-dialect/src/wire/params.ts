import { describeValue, isRecord, listOf, mustBe } from "@mini-openclaw/protocol/shared";
import { invalidRequest } from "./request-error.ts";

interface IntegerRange {
  min?: number;
  max?: number;
}

/**
 * The parameters of a request. Each method returns one of them, and throws a `RequestError` that
 * names it if it is wrong. Unknown parameters are ignored.
 */
export class Params {
  readonly #method: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(method: string, params: unknown = {}) {
    this.#method = method;
    if (!isRecord(params))
      throw invalidRequest(`invalid ${method} params: ${mustBe("params", "an object", params)}`);
    this.#values = params;
  }

  /** Returns a text that is not empty. */
  text(name: string, maxChars = Number.POSITIVE_INFINITY): string {
    const value = this.#values[name];
    if (typeof value === "string" && value !== "" && value.length <= maxChars) return value;
    const limit =
      maxChars === Number.POSITIVE_INFINITY
        ? "a text that is not empty"
        : `a text of 1 to ${maxChars} characters`;
    return this.#refuse(name, limit);
  }

  optionalText(name: string, maxChars?: number): string | undefined {
    return this.#isAbsent(name) ? undefined : this.text(name, maxChars);
  }

  /** Returns a text. An empty one counts as absent. */
  filledText(name: string, maxChars?: number): string | undefined {
    return this.#values[name] === "" ? undefined : this.optionalText(name, maxChars);
  }

  /** Returns a text that may be empty. */
  anyText(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? value : this.#refuse(name, "a text");
  }

  oneOf<Value extends string>(name: string, allowed: readonly Value[]): Value {
    const value = allowed.find((one) => one === this.#values[name]);
    return value ?? this.#refuse(name, listOf(allowed.map(describeValue)));
  }

  optionalOneOf<Value extends string>(name: string, allowed: readonly Value[]): Value | undefined {
    return this.#isAbsent(name) ? undefined : this.oneOf(name, allowed);
  }

  /** Returns true for a parameter that a client has set to null. */
  isNull(name: string): boolean {
    return this.#values[name] === null;
  }

  /** Returns true for a parameter that is neither absent nor false. */
  isSet(name: string): boolean {
    return !this.#isAbsent(name) && this.#values[name] !== false;
  }

  /** Returns true if the parameter has one of the values, and false for any other. */
  isOneOf(name: string, values: readonly string[]): boolean {
    return values.some((one) => one === this.#values[name]);
  }

  optionalInteger(
    name: string,
    { min = 0, max = Number.MAX_SAFE_INTEGER }: IntegerRange = {},
  ): number | undefined {
    if (this.#isAbsent(name)) return undefined;
    const value = this.#values[name];
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    const limit = max === Number.MAX_SAFE_INTEGER ? ` of at least ${min}` : ` from ${min} to ${max}`;
    return this.#refuse(name, `an integer${limit}`);
  }

  optionalBoolean(name: string): boolean | undefined {
    if (this.#isAbsent(name)) return undefined;
    const value = this.#values[name];
    return typeof value === "boolean" ? value : this.#refuse(name, "true or false");
  }

  /** Returns a list of objects. Absent is an empty list. */
  records(name: string): readonly Params[] {
    const value = this.#values[name] ?? [];
    if (!Array.isArray(value)) return this.#refuse(name, "a list of objects");
    const wrong = value.findIndex((one) => !isRecord(one));
    if (wrong !== -1) return this.#refuse(`${name}[${wrong}]`, "an object", value[wrong]);
    return value.map((one) => new Params(this.#method, one));
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name];
    const isList = Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "");
    return isList ? (value as string[]) : this.#refuse(name, "a list of texts");
  }

  optionalTexts(name: string): readonly string[] | undefined {
    return this.#isAbsent(name) ? undefined : this.texts(name);
  }

  optionalRecord(name: string): Params | undefined {
    if (this.#isAbsent(name)) return undefined;
    const value = this.#values[name];
    return isRecord(value) ? new Params(this.#method, value) : this.#refuse(name, "an object");
  }

  /** Returns the names of all parameters. */
  names(): readonly string[] {
    return Object.keys(this.#values);
  }

  #isAbsent(name: string): boolean {
    return this.#values[name] === undefined || this.#values[name] === null;
  }

  #refuse(name: string, expected: string, value = this.#values[name]): never {
    throw invalidRequest(`invalid ${this.#method} params: ${mustBe(name, expected, value)}`);
  }
}
