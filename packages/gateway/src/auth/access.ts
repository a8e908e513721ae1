import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { gatewayFailed } from "../shared/errors.ts";
import type { Refusal } from "../shared/refusal.ts";
import { hostsOf } from "../shared/request.ts";
import {
  compileHosts,
  compileOrigins,
  type NameRule,
  type NameTest,
  withoutDefaultPort,
} from "./name-rules.ts";

/** The pages and names that may reach a gateway, beside its own. */
export interface AccessOptions {
  /** Origins of pages, such as `https://chat.example.com` or `https://*.example.com`. */
  allowedOrigins?: readonly NameRule[];
  /**
   * Values of the `Host` header, such as `claw.example.com` or `*.example.com`. A default port
   * counts as none.
   */
  allowedHosts?: readonly NameRule[];
  /**
   * The name of the setting that an operator changes to allow a host. A refusal names it.
   * @default "allowedHosts"
   */
  allowedHostsSetting?: string;
  /**
   * The name of the setting that an operator changes to allow an origin. A refusal names it.
   * @default "allowedOrigins"
   */
  allowedOriginsSetting?: string;
}

/**
 * Decides about a request by its `Host` and `Origin`. Returns why it is refused, or `undefined`.
 */
export type Access = (
  request: Pick<IncomingMessage, "headers" | "rawHeaders" | "url" | "socket">,
) => Refusal | undefined;

type ReportFailure = (error: unknown, during: string) => void;

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Returns the rules of a gateway that listens on a port of its own.
 *
 * `Host` must be a name that only this gateway can have. Otherwise a page of a foreign name that
 * resolves to this machine (DNS rebinding) would count as its own. Bound to loopback those are the
 * loopback names, the name that it was bound to, and the port. Bound elsewhere, any IP address too,
 * because a foreign page cannot have one as its name. A request that carries an `Origin` comes from
 * a browser, and must come from a page of that same `Host`.
 */
export function ownAccess(
  bound: { host: string; port: number },
  options: AccessOptions,
  { hasToken = false, onFailure }: { hasToken?: boolean; onFailure: ReportFailure },
): Access {
  const { allowedOrigins = [], allowedHosts = [], allowedOriginsSetting } = options;
  const { allowedHostsSetting = "allowedHosts" } = options;
  const names = [...new Set([...LOOPBACK_NAMES, isIP(bound.host) === 6 ? `[${bound.host}]` : bound.host])];
  // Browsers leave out a default port.
  const own = new Set(names.map((name) => withoutDefaultPort(`${name}:${bound.port}`).toLowerCase()));
  const isNamed = compileHosts(allowedHosts);
  const isOpen = !isLoopback(bound.host);
  // Tunnels and containers map another port. A page of another port cannot send the token.
  const isMapped = (host: string) => hasToken && LOOPBACK_NAMES.includes(nameOf(host));
  const isOwnHost = (host: string) =>
    own.has(host) || isMapped(host) || (isOpen && isAddress(host)) || isNamed(host);
  const allowed = [...own, ...allowedHosts.filter((rule) => typeof rule === "string")].join(", ");
  return createAccess({
    isOwnHost: (host) => isOwnHost(withoutDefaultPort(host)),
    isAllowedOrigin: compileOrigins(allowedOrigins),
    allowed: `Allowed are ${allowed}. Add it to ${allowedHostsSetting}.`,
    allowedOriginsSetting,
    onFailure,
  });
}

interface AttachedOptions extends AccessOptions {
  /** The app's own check of who connects. Only its absence matters here. */
  authenticate?: unknown;
}

/**
 * Returns the rules beside an app that listens: a page must be the app's own, by `Host`, or be
 * allowed.
 *
 * Without `authenticate` and without `allowedHosts`, `Host` must be a loopback name or an IP
 * address. No foreign page can have one of those as its name, so that a rebound name (DNS
 * rebinding) stays outside. `onExposed` is called once, when another machine gets in without
 * anybody having asked who it is.
 */
export function attachedAccess(
  options: AttachedOptions,
  { onExposed, onFailure }: { onExposed: (address: string) => void; onFailure: ReportFailure },
): Access {
  const { allowedOrigins = [], allowedOriginsSetting, allowedHosts, authenticate } = options;
  const { allowedHostsSetting = "allowedHosts" } = options;
  const isAnonymous = authenticate === undefined;
  const isNamed = allowedHosts === undefined ? undefined : compileHosts(allowedHosts);
  const isOwnHost = (host: string) => {
    if (isNamed) return isNamed(withoutDefaultPort(host));
    return !isAnonymous || isAddress(host) || isLocalName(nameOf(host));
  };
  const strings = allowedHosts?.filter((rule) => typeof rule === "string").join(", ");
  const need = `Without \`authenticate\`, only localhost and IP addresses are. Add it to ${allowedHostsSetting}.`;
  const check = createAccess({
    isOwnHost,
    isAllowedOrigin: compileOrigins(allowedOrigins),
    allowed: isNamed ? `${strings ? `Allowed are ${strings}. ` : ""}Add it to ${allowedHostsSetting}.` : need,
    allowedOriginsSetting,
    onFailure,
  });
  let isExposed = false;

  return (request) => {
    const refusal = check(request);
    if (refusal === undefined && isAnonymous && !isExposed) {
      const { remoteAddress = "" } = request.socket;
      isExposed = remoteAddress !== "" && !isLoopback(remoteAddress.replace(/^::ffff:/, ""));
      if (isExposed) onExposed(remoteAddress);
    }
    return refusal;
  };
}

/** Returns true if only this machine can reach what is bound to `host`. */
export function isLoopback(host: string): boolean {
  return (
    host.toLowerCase() === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))
  );
}

interface AccessRules {
  isOwnHost: NameTest;
  isAllowedOrigin: NameTest;
  /** A sentence for those whose `Host` is refused. */
  allowed: string;
  allowedOriginsSetting: string | undefined;
  onFailure: ReportFailure;
}

function createAccess({ isOwnHost, isAllowedOrigin, onFailure, ...texts }: AccessRules): Access {
  const { allowed, allowedOriginsSetting = "allowedOrigins" } = texts;
  const check: Access = (request) => {
    const [host, ...more] = hostsOf(request);
    if (more.length > 0) return { status: 400, reason: "Send one Host. The request has several." };
    if (host === undefined || host === "" || !isOwnHost(host)) {
      return { status: 403, reason: `Host ${quote(host)} is not a name of this gateway. ${allowed}` };
    }
    const { origin } = request.headers;
    // No Origin: no browser sent it, or a page asks for its own files.
    if (origin === undefined || isOwnOrigin(origin, host) || isAllowedOrigin(origin)) return undefined;
    const remedy = `Allowed are pages of http://${host}. Allow others with ${allowedOriginsSetting}.`;
    return { status: 403, reason: `Origin ${quote(origin)} is not allowed here. ${remedy}` };
  };
  return (request) => {
    try {
      return check(request);
    } catch (error) {
      onFailure(error, "allowedHosts or allowedOrigins");
      return { status: 500, reason: gatewayFailed };
    }
  };
}

/**
 * Returns true for the origin of a page at `host`. A default port of the origin's scheme counts as
 * none (RFC 6454, 4).
 */
function isOwnOrigin(origin: string, host: string): boolean {
  const [, scheme = "", name = ""] = /^(https?):\/\/(.*)$/.exec(origin) ?? [];
  const defaultPort = scheme === "https" ? /:443$/ : /:80$/;
  return scheme !== "" && name.replace(defaultPort, "") === host.replace(defaultPort, "");
}

/** Returns true for a name that browsers resolve to this machine (RFC 6761, 6.3). */
function isLocalName(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost");
}

/** Returns true for a `Host` value that is an IP address, with or without a port. */
function isAddress(host: string): boolean {
  return isIP(nameOf(host).replace(/^\[(.*)\]$/, "$1")) !== 0;
}

/** Returns the name in a `Host` value, without its port. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "");
}

/** Quotes a header's value for an answer: short, printable ASCII only. */
function quote(value: string | undefined): string {
  if (value === undefined) return "(none)";
  return JSON.stringify(value.slice(0, 100).replace(/[^\x20-\x7e]/g, "?"));
}
