import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Which browsers' pages and which names may reach a gateway. Entries are exact: no patterns, no suffixes. */
export interface AccessOptions {
  /** Origins beside the gateway's own, such as `https://chat.example.com`. */
  allowedOrigins?: readonly string[];
  /** Values of the `Host` header beside the gateway's own, such as `claw.example.com`. */
  allowedHosts?: readonly string[];
  /**
   * The name of the setting that an operator changes to allow a host. A refusal names it.
   * @default "allowedHosts"
   */
  allowedHostsSetting?: string;
}

/** Says why a request may not come in, or `undefined` when it may. */
export type Access = (request: IncomingMessage) => string | undefined;

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/**
 * The rules of a gateway that listens by itself.
 *
 * Its `Host` must be a name that only this gateway can have: otherwise a page of a foreign name that resolves to this
 * machine (DNS rebinding) would count as its own. Bound to loopback those are the loopback names, what it was bound to, and the
 * port; bound elsewhere, any IP address too, because a foreign page cannot have one as its name. A request that carries an
 * `Origin` comes from a browser, and must come from a page of that same `Host`.
 */
export function ownAccess(
  bound: { host: string; port: number },
  options: AccessOptions,
  { hasToken = false }: { hasToken?: boolean } = {},
): Access {
  const { allowedOrigins = [], allowedHosts = [], allowedHostsSetting = "allowedHosts" } = options;
  const { port } = bound;
  const names = [...new Set([...LOOPBACK_NAMES, isIP(bound.host) === 6 ? `[${bound.host}]` : bound.host])];
  const named = [...names.map((name) => `${name}:${port}`), ...allowedHosts];
  // Browsers leave out the port of http's default.
  if (port === 80) named.push(...names);
  const hosts = new Set(named.map((host) => host.toLowerCase()));
  const isOpen = !isLoopback(bound.host);
  // Tunnels and containers map another port. A page of another port cannot send the token.
  const isMapped = (host: string) => hasToken && LOOPBACK_NAMES.includes(nameOf(host));
  const isOwnHost = (host: string) => hosts.has(host) || isMapped(host) || (isOpen && isAddress(host));
  const origins = new Set(allowedOrigins);

  return (request) => {
    const host = request.headers.host?.toLowerCase();
    if (host === undefined || !isOwnHost(host)) {
      const allowed = `allowed are ${named.join(", ")}`;
      return `Host ${quote(host)} is not a name of this gateway; ${allowed}. Add it to ${allowedHostsSetting}.`;
    }
    return refuseOrigin(request.headers.origin, host, origins);
  };
}

interface AttachedOptions extends AccessOptions {
  /** The app's own check of who connects. Only its absence matters here. */
  authenticate?: unknown;
}

/**
 * Returns the rules beside an app that listens: a page must be the app's own, by `Host`, or be allowed.
 *
 * Without `authenticate` and without `allowedHosts`, `Host` must be a loopback name or an IP address. No foreign page can
 * have one of those as its name, so that a rebound name (DNS rebinding) stays outside. `onExposed` is called once, when
 * another machine gets in without anybody having asked who it is.
 */
export function attachedAccess(
  options: AttachedOptions,
  { onExposed = () => undefined }: { onExposed?: (address: string) => void } = {},
): Access {
  const { allowedOrigins = [], allowedHosts, authenticate } = options;
  const isAnonymous = authenticate === undefined;
  const hosts = allowedHosts && new Set(allowedHosts.map((host) => host.toLowerCase()));
  const origins = new Set(allowedOrigins);
  let isExposed = false;

  function refuseHost(host: string | undefined): string | undefined {
    if (hosts) {
      if (host !== undefined && hosts.has(host)) return undefined;
      return `Host ${quote(host)} is not allowed here; allowed are ${[...hosts].join(", ")}.`;
    }
    if (host !== undefined && (!isAnonymous || isAddress(host) || nameOf(host) === "localhost"))
      return undefined;
    if (!isAnonymous) return `Host ${quote(host)} is not allowed here.`;
    const need =
      "Without `authenticate`, only localhost and IP addresses are; name others in `allowedHosts`.";
    return `Host ${quote(host)} is not allowed here. ${need}`;
  }

  return (request) => {
    const host = request.headers.host?.toLowerCase();
    const refusal = refuseHost(host) ?? refuseOrigin(request.headers.origin, host ?? "", origins);
    if (refusal === undefined && isAnonymous && !isExposed) {
      const { remoteAddress = "" } = request.socket;
      isExposed = remoteAddress !== "" && !isLoopback(remoteAddress.replace(/^::ffff:/, ""));
      if (isExposed) onExposed(remoteAddress);
    }
    return refusal;
  };
}

/** Whether only this machine can reach what is bound to `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function refuseOrigin(origin: string | undefined, host: string, allowed: ReadonlySet<string>) {
  // No Origin: not a browser, or a page that asks for its own files.
  if (origin === undefined) return undefined;
  if (origin === `http://${host}` || origin === `https://${host}` || allowed.has(origin)) return undefined;
  return `Origin ${quote(origin)} is not allowed here; allowed are pages of http://${host} and allowedOrigins.`;
}

/** Whether a `Host` value is an IP address, with or without a port. */
function isAddress(host: string): boolean {
  return isIP(nameOf(host).replace(/^\[(.*)\]$/, "$1")) !== 0;
}

/** The name in a `Host` value, without its port. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "");
}

/** Names a header's value in an answer: short, printable ASCII only. */
function quote(value: string | undefined): string {
  if (value === undefined) return "(none)";
  return JSON.stringify(value.slice(0, 100).replace(/[^\x20-\x7e]/g, "?"));
}
