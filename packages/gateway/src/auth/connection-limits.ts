import { requireWhole } from "../shared/check-options.ts";

/** How many connections there may be, and how long they may be silent. */
export interface ConnectionLimits {
  /** Clients at once, those that are coming in included; one more is refused with 503. @default 10000 */
  maxConnections: number;
  /** How long an upgrade may take, `authenticate` included; then it is refused with 503. @default 10000 */
  handshakeTimeoutMs: number;
  /** How often clients are pinged. One that gives no sign of life from one ping to the next is cut off. @default 30000 */
  heartbeatMs: number;
}

const defaults: Readonly<ConnectionLimits> = {
  // Chosen: half of a usual limit of open files (20,000); sessions need the others.
  maxConnections: 10_000,
  // Chosen: as long as a client may take for its headers.
  handshakeTimeoutMs: 10_000,
  // Chosen: a dead client is gone within a minute, and proxies that end what is idle for 60 s do not.
  heartbeatMs: 30_000,
};

/** @throws GatewayError `INVALID_OPTION` for a value that is no whole number from 1. */
export function resolveConnectionLimits(given: Partial<ConnectionLimits> = {}): ConnectionLimits {
  const limits = { ...defaults, ...given };
  for (const [name, value] of Object.entries(limits)) requireWhole(`connections.${name}`, value);
  return limits;
}
