import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { GatewayServer } from "../src/index.ts";
import { echoAgent, testGateway } from "./test-gateway.ts";

const token = "t".repeat(32);
const headers = { authorization: `Bearer ${token}` };

function answer(request: IncomingMessage, response: ServerResponse): void {
  response.end(`${request.method} ${request.url}`);
}

test("an app's own path is answered for clients with the token only", async () => {
  await using gateway = await testGateway({ listen: { token, routes: { "/settings": answer } } });
  const [refused, granted] = [
    await gateway.get("/settings"),
    await gateway.get("/settings?a=1", { headers }),
  ];

  expect([refused.status, (await refused.json()) as unknown]).toEqual([
    401,
    expect.objectContaining({ code: "UNAUTHORIZED" }),
  ]);
  expect([granted.status, await granted.text()]).toEqual([200, "GET /settings?a=1"]);
  expect((await gateway.get("/settings/deeper", { headers })).status).toBe(404);
});

test("an app's own path is refused to pages of other origins", async () => {
  await using gateway = await testGateway({ listen: { routes: { "/settings": answer } } });

  const refused = await gateway.get("/settings", { headers: { origin: "https://evil.example" } });
  expect(refused.status).toBe(403);
});

test("paths of the gateway come before those of the app", async () => {
  await using gateway = await testGateway({ listen: { routes: { "/sessions": answer, "/health": answer } } });

  expect(await (await gateway.get("/sessions")).json()).toHaveProperty("sessions");
  expect(await (await gateway.get("/health")).json()).toHaveProperty("connections");
});

test.each([
  ["throws", () => Promise.reject(new Error("no settings"))],
  [
    "throws at once",
    () => {
      throw new Error("no settings");
    },
  ],
])("a path whose answer %s is a 500, and is reported", async (_, fails) => {
  await using gateway = await testGateway({ listen: { routes: { "/settings": fails } } });

  expect((await gateway.get("/settings")).status).toBe(500);
  expect(gateway.failures).toEqual(["serve: no settings"]);
});

test("a path without a function is refused, and the port stays free", async () => {
  await using taken = await testGateway();
  const gateway = new GatewayServer({ store: taken.store, agent: echoAgent });
  const routes = { "/settings": "no function" } as unknown as Record<string, typeof answer>;

  await expect(gateway.listen({ port: 0, routes })).rejects.toThrow(
    '`routes["/settings"]` must be a function, got "no function".',
  );
  await gateway.close();
});
