import type { ModelOptions } from "@mini-openclaw/protocol";
import { createOptionChecks, isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { AgentError } from "./errors.ts";

/** Refuses unknown options with an AgentError `INVALID_OPTION` that names the closest one. */
export const { known: checkKnown } = createOptionChecks(AgentError);

/** @throws AgentError `INVALID_OPTION` */
export function checkFunctions<Options extends object>(
  options: Options,
  names: readonly (keyof Options & string)[],
): void {
  for (const name of names) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== "function") throw invalidOption(name, "a function", value);
  }
}

/** @throws AgentError `INVALID_OPTION` */
export function checkArrays<Options extends object>(
  options: Options,
  names: readonly (keyof Options & string)[],
): void {
  for (const name of names) {
    const value: unknown = options[name];
    if (value !== undefined && !Array.isArray(value)) throw invalidOption(name, "an array", value);
  }
}

/** @throws AgentError `INVALID_OPTION` */
export function checkCount(name: string, value: number): number {
  if ((Number.isInteger(value) && value >= 0) || value === Infinity) return value;
  throw invalidOption(name, "a whole number from 0 on, or Infinity", value);
}

/** @throws AgentError `INVALID_OPTION` */
export function checkAmount(name: string, value: number): number {
  if (typeof value === "number" && value >= 0) return value;
  throw invalidOption(name, "a number from 0 on, or Infinity", value);
}

/** @throws AgentError `INVALID_OPTION` */
export function checkText(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidOption(name, "a text that is not empty", value);
}

/** @throws AgentError `INVALID_OPTION` */
export function checkOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw invalidOption(name, `one of ${allowed.join(", ")}`, value);
}

/** @throws AgentError `INVALID_OPTION` */
export function checkRecord(name: string, value: object): object {
  if (!isRecord(value)) throw invalidOption(name, "an object", value);
  // A `Map` or `Headers` has no fields of its own: what is in it would be ignored.
  if (!(Symbol.iterator in value)) return value;
  throw invalidOption(name, "a plain object, such as `Object.fromEntries(…)` makes of a Map", value);
}

/** Accepts an object that JSON can write. @throws AgentError `INVALID_OPTION` */
export function checkJson(name: string, value: object): void {
  checkRecord(name, value);
  try {
    JSON.stringify(value);
  } catch (cause) {
    throw new AgentError("INVALID_OPTION", `\`${name}\` must be an object that JSON can write.`, { cause });
  }
}

export function invalidOption(name: string, expected: string, value: unknown): AgentError {
  return new AgentError("INVALID_OPTION", mustBe(name, expected, value));
}

/** @throws AgentError `INVALID_OPTION` */
export function checkTemperature(temperature: number, highest: number): number {
  if (typeof temperature === "number" && temperature >= 0 && temperature <= highest) return temperature;
  throw invalidOption("temperature", `a number from 0 to ${highest}`, temperature);
}

/** Checks the settings of a model for one run. @throws AgentError `INVALID_OPTION` */
export function checkModelOptions(options: ModelOptions = {}): void {
  checkKnown("run({ options })", options, modelOptions);
  const { effort, temperature, thinking, headers, extraBody } = options;
  if (effort !== undefined) checkText("options.effort", effort);
  if (temperature !== undefined) checkTemperature(temperature, 2);
  if (thinking !== undefined) checkJson("options.thinking", thinking);
  if (headers !== undefined) checkHeaders("options.headers", headers);
  if (extraBody !== undefined) checkJson("options.extraBody", extraBody);
}

const modelOptions: Readonly<Record<keyof ModelOptions, true>> = {
  effort: true,
  temperature: true,
  thinking: true,
  headers: true,
  extraBody: true,
};

/** @throws AgentError `INVALID_OPTION` */
export function checkHeaders(name: string, headers: object): void {
  checkRecord(name, headers);
  for (const [header, value] of Object.entries(headers)) {
    try {
      new Headers([[header, value as string]]);
    } catch {
      // The value is not quoted: it may be a key.
      throw invalidOption(name, "an object of headers that HTTP can carry", [header]);
    }
    if (typeof value !== "string") throw invalidOption(`${name}["${header}"]`, "a text", value);
  }
}

/** @throws AgentError `INVALID_OPTION` */
export function checkTimeZone(timeZone: string): string {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone });
    return timeZone;
  } catch {
    throw invalidOption("timeZone", 'a name such as "Asia/Shanghai"', timeZone);
  }
}
