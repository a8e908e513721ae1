import { describeValue } from "@mini-openclaw/protocol/shared";
import { requireSync } from "../shared/callbacks.ts";
import { GatewayError } from "../shared/errors.ts";

/**
 * Names that are allowed: an exact name, a name whose first label is `*` for every subdomain, or a
 * function that decides about a name in lower case.
 */
export type NameRule = string | ((name: string) => boolean);

/** Returns true for a name that a list of rules allows. */
export type NameTest = (name: string) => boolean;

/**
 * Compiles the rules for `Host`.
 *
 * @throws GatewayError `INVALID_OPTION` for a rule that no `Host` can match
 */
export function compileHosts(rules: readonly NameRule[]): NameTest {
  return compile("allowedHosts", rules, readHost, "host names such as claw.example.com");
}

/**
 * Compiles the rules for `Origin`.
 *
 * @throws GatewayError `INVALID_OPTION` for a rule that no `Origin` can match
 */
export function compileOrigins(rules: readonly NameRule[]): NameTest {
  return compile("allowedOrigins", rules, readOrigin, "origins such as https://chat.example.com");
}

/** Returns a `Host` value without a default port, which is no part of the name (RFC 6454, 4). */
export function withoutDefaultPort(host: string): string {
  return host.replace(/:(?:80|443)$/, "");
}

function compile(
  option: string,
  rules: readonly NameRule[],
  read: (name: string) => string | undefined,
  expected: string,
): NameTest {
  const invalid = (value: unknown) =>
    new GatewayError("INVALID_OPTION", `\`${option}\` must hold ${expected}, got ${describeValue(value)}.`);
  if (!Array.isArray(rules)) throw invalid(rules);
  const exact = new Set<string>();
  const tests: NameTest[] = [];
  for (const rule of rules) {
    if (typeof rule === "function") {
      tests.push((name) => requireSync(rule(name), option) === true);
      continue;
    }
    const name = typeof rule === "string" ? read(rule.trim()) : undefined;
    if (name === undefined) throw invalid(rule);
    const [before = "", after] = name.split("*");
    if (after === undefined) exact.add(name);
    else
      tests.push(
        (given) => given.startsWith(before) && given.endsWith(after) && isLabel(given, before, after),
      );
  }
  return (name) => exact.has(name) || tests.some((test) => test(name));
}

/** A `*` stands for at least one label, and for nothing but labels. */
function isLabel(name: string, before: string, after: string): boolean {
  return /^[^\s/:@]+$/.test(name.slice(before.length, name.length - after.length));
}

/** Returns the `Host` value that a browser sends for a name, or `undefined` for what is no name. */
function readHost(name: string): string | undefined {
  const wildcard = name.startsWith("*.") ? "*." : "";
  const rest = name.slice(wildcard.length);
  // An IPv6 address stands in brackets in a `Host`.
  const host = /^[\da-f]*:[\da-f:.]*:[\da-f:.]*$/i.test(rest) ? `[${rest}]` : rest;
  if (host === "" || /[\s/\\?#@*,]/.test(host)) return undefined;
  const url = parseUrl(`http://${host}`);
  return url?.host ? `${wildcard}${withoutDefaultPort(url.host)}` : undefined;
}

/**
 * Returns the `Origin` value that a browser sends for an origin, or `undefined` for what is none.
 */
function readOrigin(origin: string): string | undefined {
  if (origin === "null") return origin;
  const [, scheme = "", host = ""] = /^([a-z][a-z\d+.-]*):\/\/([^\s/\\?#@,]+)\/?$/i.exec(origin) ?? [];
  if (host === "") return undefined;
  const wildcard = host.startsWith("*.") ? "*." : "";
  const rest = host.slice(wildcard.length);
  if (rest.includes("*")) return undefined;
  const isHttp = /^https?$/i.test(scheme);
  const url = parseUrl(`${isHttp ? scheme : "http"}://${rest}`);
  return url && `${scheme.toLowerCase()}://${wildcard}${isHttp ? url.host : rest.toLowerCase()}`;
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
