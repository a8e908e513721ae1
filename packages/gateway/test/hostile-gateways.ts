import { deepEqual } from "node:assert/strict";
import { afterAll, afterEach, beforeAll } from "vitest";
import { testGateway } from "./test-gateway.ts";

type TestGateway = Awaited<ReturnType<typeof testGateway>>;

export const token = "0123456789abcdef0123456789abcdef";

/**
 * Two gateways for all cases of a file, one for everybody and one with a token. A case that breaks
 * a gateway makes the next one fail. After each case, both must greet and answer a fresh client,
 * and no failure may be a gateway's own.
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
