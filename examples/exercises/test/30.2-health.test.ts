import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { GatewayServer, textAgent } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import type * as solution from "../solutions/30.2-health.ts";
import { load } from "./load.ts";

const { createHealthListener } = await load<typeof solution>("30.2-health");

test("answers with numbers, life and readiness", async () => {
  const gateway = new GatewayServer({ store: createMemoryStore(), agent: textAgent(() => "Hi.") });
  let isStopping = false;
  const server = createServer(createHealthListener(gateway, () => isStopping));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const ask = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);

  const health = await ask("/health");
  const before = await Promise.all(["/healthz", "/readyz", "/other"].map(ask));
  isStopping = true;
  const after = await Promise.all(["/healthz", "/readyz"].map(ask));
  server.close();
  server.closeAllConnections();
  await gateway.close();

  expect([health.status, await health.json()]).toEqual([200, { connections: 0, sessions: 0 }]);
  expect(before.map(({ status }) => status)).toEqual([200, 200, 404]);
  expect(after.map(({ status }) => status)).toEqual([200, 503]);
});
