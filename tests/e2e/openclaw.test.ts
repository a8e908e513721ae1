// With `@openclaw/gateway-client` 2026.9.1, unmodified.
import { GatewayClient } from "@openclaw/gateway-client";
import { expect, test } from "vitest";
import { startServer, temporaryDirectory } from "./server.ts";

const token = "0123456789abcdef0123456789abcdef";

test("one setting lets a client of OpenClaw use the server, beside the page", async () => {
  await using directory = await temporaryDirectory();
  await using server = await startServer(directory.path, {
    MINI_OPENCLAW_TOKEN: token,
    MINI_OPENCLAW_OPENCLAW: "on",
  });
  const states: unknown[] = [];
  let hello: unknown;
  const client = new GatewayClient({
    url: `${server.webSocketUrl}openclaw`,
    token,
    minProtocol: 4,
    maxProtocol: 4,
    onHelloOk: (answer) => {
      hello = answer;
    },
    onEvent: ({ event, payload }) => event === "chat" && states.push(Reflect.get(payload as object, "state")),
  });
  client.start();
  await expect.poll(() => hello).toMatchObject({ protocol: 4 });

  await client.request("chat.send", { sessionKey: "main", message: "hi", idempotencyKey: "1" });
  await expect.poll(() => states).toContain("final");
  const list = await client.request("sessions.list", {});
  client.stop();
  const page = await fetch(server.url, { headers: { authorization: `Bearer ${token}` } });

  expect(list).toMatchObject({ defaults: { modelProvider: "demo" }, sessions: [{ key: "agent:main:main" }] });
  expect(page.status).toBe(200);
  expect(server.text()).toContain(`openclaw tui --url ${server.webSocketUrl}openclaw`);
});
