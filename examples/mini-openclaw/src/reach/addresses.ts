import { networkInterfaces } from "node:os";
import type { MiniOpenClawConfig } from "../settings/config.ts";

/** The rules of the gateway about names, pages and paths. */
export interface AccessRules {
  allowedHosts: string[];
  allowedOrigins: string[];
  /** The prefix that a proxy leaves before every path. */
  path: string;
  tokens: string[];
}

/** Returns the rules that follow from the settings. */
export function accessOf(
  config: Pick<MiniOpenClawConfig, "publicUrl" | "allowedHosts" | "allowedOrigins" | "token" | "extraTokens">,
): AccessRules {
  const { publicUrl, token, extraTokens } = config;
  const { host, pathname } = new URL(publicUrl ?? "http://localhost/");
  const allowedHosts = [...new Set([...config.allowedHosts, ...(publicUrl === undefined ? [] : [host])])];
  // A proxy may replace Host by its own target. The page's Origin has the public name then.
  const ofNames = allowedHosts.flatMap((name) => [`https://${name}`, `http://${name}`]);
  return {
    allowedHosts,
    allowedOrigins: [...ofNames, ...config.allowedOrigins],
    path: pathname,
    tokens: [...(token === undefined ? [] : [token]), ...extraTokens],
  };
}

/** Returns the address that a browser on this machine can open. */
export function localAddress(host: string, port: number): string {
  const isAny = host === "0.0.0.0" || host === "::";
  return `http://${isAny ? "localhost" : inUrl(host)}:${port}/`;
}

/**
 * Returns the addresses for others: the public one, or those of this machine if the server listens
 * on all of them.
 */
export function reachableAddresses(
  { publicUrl, host }: Pick<MiniOpenClawConfig, "publicUrl" | "host">,
  port: number,
): string[] {
  if (publicUrl !== undefined) return [publicUrl.endsWith("/") ? publicUrl : `${publicUrl}/`];
  if (host !== "0.0.0.0" && host !== "::") return [];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all
    .filter(
      ({ internal, family, scopeid }) => !internal && (family === "IPv4" || (host === "::" && !scopeid)),
    )
    .map(({ address }) => `http://${inUrl(address)}:${port}/`);
}

// A server on this machine answers within milliseconds.
const ANSWER_MS = 5000;

/**
 * Asks a server if it accepts a token, or a client without one. Returns `undefined` if it does not
 * answer.
 */
export async function askForAccess(
  address: string,
  token: string | undefined,
): Promise<"accepted" | "refused" | undefined> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const { status } = await fetch(new URL("login", address), {
      headers,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return status === 401 ? "refused" : "accepted";
  } catch {
    return undefined;
  }
}

/** Returns the text about a server that does not answer, with a remedy. */
export function silentServer(address: string): string {
  return `The server at ${address} does not answer. End its process if there is one, and start it again: mini-openclaw start`;
}

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
