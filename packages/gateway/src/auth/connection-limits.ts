import { requireWhole } from "../shared/check-options.ts";

/** The limits on the number of connections, and on their silence. */
export interface ConnectionLimits {
  /**
   * Clients at once, those that are coming in included; one more is refused with 503.
   * @default 10000
   */
  maxConnections: number;
  /**
   * Time in milliseconds for an upgrade, `authenticate` included. A slower one is refused with 503.
   * @default 10000
   */
  handshakeTimeoutMs: number;
  /**
   * The interval of pings in milliseconds. A client that sends nothing between two pings is cut
   * off.
   * @default 30000
   */
  heartbeatMs: number;
}

const defaults: Readonly<ConnectionLimits> = {
  // Half of a usual limit of open files (20,000). Sessions need the others.
  maxConnections: 10_000,
  // The time that a client has for its headers.
  handshakeTimeoutMs: 10_000,
  // A dead client is gone within a minute, and proxies that close idle connections after 60 s do
  // not.
  heartbeatMs: 30_000,
};

/** @throws GatewayError `INVALID_OPTION` for a value that is no whole number from 1. */
export function resolveConnectionLimits(given: Partial<ConnectionLimits> = {}): ConnectionLimits {
  const limits = { ...defaults, ...given };
  for (const [name, value] of Object.entries(limits)) requireWhole(`connections.${name}`, value);
  return limits;
}
