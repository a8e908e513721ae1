import { deepEqual } from "node:assert/strict";
import { afterAll, afterEach, beforeAll } from "vitest";
import { testGateway } from "./test-gateway.ts";

type TestGateway = Awaited<ReturnType<typeof testGateway>>;

export const token = "0123456789abcdef0123456789abcdef";

/**
 * Two gateways that bear everything that a file sends, one for everybody and one with a token: what one case breaks, the
 * next one finds broken. After each case both must greet and answer a fresh client, and nothing may be their own fault.
 */
export function hostileGateways(): { readonly open: TestGateway; readonly guarded: TestGateway } {
  const gateways = {} as { open: TestGateway; guarded: TestGateway };
  beforeAll(async () => {
    gateways.open = await testGateway();
    gateways.guarded = await testGateway({ listen: { token } });
  });
  afterEach(async () => {
    const { open, guarded } = gateways;
    const fresh = [open.connect(), guarded.connect({ Authorization: `Bearer ${token}` })];
    for (const client of await Promise.all(fresh)) {
      await client.roundTrip();
      await client.close();
    }
    deepEqual([open.failures, guarded.failures], [[], []]);
  });
  afterAll(async () => {
    await gateways.open[Symbol.asyncDispose]();
    await gateways.guarded[Symbol.asyncDispose]();
  });
  return gateways;
}
