import { mustBe } from "@mini-openclaw/protocol/shared";
import { requireKnown } from "./check-options.ts";
import { GatewayError } from "./errors.ts";

/** Returns a path with a slash at its beginning and none at its end. The root is `/`. */
export function normalizePath(path: string): string {
  let start = 0;
  let end = path.length;
  while (path[start] === "/") start += 1;
  // Not `/\/+$/`, which is tried anew at each slash: a path of 16 KB would block for 200 ms.
  while (end > start && path[end - 1] === "/") end -= 1;
  return `/${path.slice(start, end)}`;
}

/**
 * Returns the option `path` of a method, in the form in which paths are compared.
 *
 * @throws GatewayError `INVALID_OPTION` for a path that no request can have, or another option
 */
export function readPath(
  caller: string,
  options: { path?: unknown },
  { fallback, known = { path: true } }: { fallback?: string; known?: Readonly<Record<string, true>> } = {},
): string {
  requireKnown(caller, options, known);
  const { path = fallback } = options;
  return requirePath("path", path);
}

/**
 * Returns the values of an option by their paths, in the form in which paths are compared.
 *
 * @throws GatewayError `INVALID_OPTION` for a path that no request can have, or that is there twice
 */
export function readPaths<Value>(
  option: string,
  values: Readonly<Record<string, Value>> = {},
): Map<string, Value> {
  const byPath = new Map<string, Value>();
  for (const [given, value] of Object.entries(values)) {
    const path = requirePath(`${option}["${given}"]`, given);
    if (byPath.has(path)) {
      const message = `\`${option}["${given}"]\` must be another path. ${path} is there already.`;
      throw new GatewayError("INVALID_OPTION", message);
    }
    byPath.set(path, value);
  }
  return byPath;
}

function requirePath(name: string, path: unknown): string {
  // A request has other characters as `%` and two digits.
  if (typeof path === "string" && /^[!"$->@-~]*$/.test(path) && !path.includes("://"))
    return normalizePath(path);
  const expected = "a path of ASCII characters such as /claw, without a query";
  throw new GatewayError("INVALID_OPTION", mustBe(name, expected, path));
}
