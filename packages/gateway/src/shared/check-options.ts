import { createOptionChecks, mustBe } from "@mini-openclaw/protocol/shared";
import { GatewayError } from "./errors.ts";

/** Refuses unknown options with a GatewayError `INVALID_OPTION` that names the closest one. */
export const { known: requireKnown } = createOptionChecks(GatewayError);

/** The longest time that a timer of Node can wait; it would take a longer one for 1 ms. */
export const LONGEST_MS = 2_147_483_647;

/**
 * @throws GatewayError `INVALID_OPTION` for a value that is no whole number from `least` to `most`
 */
export function requireWhole(name: string, value: number, { least = 1, most = LONGEST_MS } = {}): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new GatewayError("INVALID_OPTION", mustBe(name, `an integer from ${least} to ${most}`, value));
}

/**
 * A time in milliseconds as a timer takes it; `Infinity` is as long as one can wait.
 *
 * @throws GatewayError `INVALID_OPTION` for a value that is no number from 0
 */
export function toDuration(name: string, value: number): number {
  if (typeof value === "number" && value >= 0) return Math.min(value, LONGEST_MS);
  throw new GatewayError("INVALID_OPTION", mustBe(name, "a number of milliseconds from 0", value));
}
