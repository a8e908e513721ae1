import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { GatewayServer, type ListenOptions } from "../src/index.ts";
import { createMetrics } from "../src/metrics.ts";
import { echoAgent, testGateway } from "./test-gateway.ts";

/** Calls a method as an app that is written in JavaScript may. */
type Call = (gateway: GatewayServer, given: never) => unknown;

const nodeRequest = { method: "GET", url: "/sessions", headers: {}, rawHeaders: [] };
const fetchRequest = new Request("http://localhost/sessions");
const webSocket = { bufferedAmount: 0, send() {}, close() {}, addEventListener() {} };

describe("an argument of another shape is refused by name:", () => {
  test.each<[what: string, call: Call, given: unknown, message: string]>([
    [
      "handleFetch with a request of node:http",
      (gateway, given) => gateway.handleFetch(given),
      nodeRequest,
      "`request` must be a `Request` of the Fetch standard, got an object. Hono has it as `c.req.raw`. `handleRequest` takes those of `node:http`.",
    ],
    [
      "handleFetch with nothing",
      (gateway, given) => gateway.handleFetch(given),
      undefined,
      "`request` must be a `Request` of the Fetch standard, got nothing.",
    ],
    [
      "handleRequest with a request of the Fetch standard",
      (gateway, given) => gateway.handleRequest(given, { writeHead() {} } as never),
      fetchRequest,
      "`request` must be a request of `node:http`, got an object. Frameworks have it as `request.raw` or `request.req`. `handleFetch` takes those of the Fetch standard.",
    ],
    [
      "handleRequest with a framework's own response",
      (gateway, given) => gateway.handleRequest(nodeRequest as never, given),
      { send() {} },
      "`response` must be a response of `node:http`, got an object. Frameworks have it as `response.raw` or `response.res`.",
    ],
    [
      "handleUpgrade with a misspelled option",
      (gateway, given) => gateway.handleUpgrade(nodeRequest as never, {} as never, Buffer.alloc(0), given),
      { dialct: {} },
      "`dialct` is no option of `handleUpgrade`. Its options are dialect. The closest is `dialect`.",
    ],
    [
      "accept without a socket",
      (gateway, given) => gateway.accept(given),
      null,
      "`webSocket` must be an open WebSocket, got null.",
    ],
    [
      "accept for a client that nobody knows",
      (gateway, given) => gateway.accept(webSocket, { principal: given }),
      null,
      "`principal` must be an object with an `id`, or absent, got null.",
    ],
    ...[5, "", "k".repeat(513)].map((key): [string, Call, unknown, string] => [
      `accept with the key ${String(key).slice(0, 5)}`,
      (gateway, given) => gateway.accept(webSocket, { key: given }),
      key,
      "`key` must be a string of 1 to 512 characters, got ",
    ]),
    [
      "retry without a run",
      (gateway, given) => gateway.retry(given),
      { sessionId: "s" },
      "`runId` must be a string that is not empty, got nothing.",
    ],
    [
      "createMetrics without a gateway",
      (_gateway, given) => createMetrics(given),
      {},
      "`gateway` must be a `GatewayServer`, got an object.",
    ],
    [
      "createMetrics with a registry that is none",
      (gateway, given) => createMetrics(gateway, { registry: given }),
      {},
      "`registry` must be a `Registry` of prom-client, got an object.",
    ],
  ])("%s", async (_what, call, given, message) => {
    const gateway = new GatewayServer({ store: createMemoryStore(), agent: echoAgent });

    const called = new Promise((resolve) => resolve(call(gateway, given as never)));

    await expect(called).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(message),
    });
  });
});

describe("an option of listen of another shape is refused by name, and the port stays free:", () => {
  const answer = () => undefined;

  test.each<[options: object, message: string]>([
    [
      { metrics: 5 },
      "`metrics` must be a source of metrics, such as `createMetrics(gateway).registry`, got 5.",
    ],
    [{ metrics: { registry: {} } }, "`metrics` must be a source of metrics"],
    [{ routes: { "/a b": answer } }, '`routes["/a b"]` must be a path of ASCII characters such as /claw'],
    [
      { routes: { "/x": answer, "/x/": answer } },
      '`routes["/x/"]` must be another path. /x is there already.',
    ],
    [{ dialects: { "/x?y": { connect: answer } } }, '`dialects["/x?y"]` must be a path of ASCII characters'],
  ])("%j", async (options, message) => {
    const gateway = new GatewayServer({ store: createMemoryStore(), agent: echoAgent });

    await expect(gateway.listen({ port: 0, ...options } as ListenOptions)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(message),
    });
    await gateway.listen({ port: 0 });
    await gateway.close();
  });
});

test("a slash at the end of a path of an own port does not matter", async () => {
  const listen = {
    routes: {
      "/settings/": (_: unknown, response: { end: (text: string) => unknown }) => response.end("mine"),
    },
    dialects: { "/lines/": { connect: () => ({ read: () => [], write: () => "line" }) } },
    metrics: { contentType: "text/plain", metrics: async () => "up 1" },
  };
  await using gateway = await testGateway({ listen: listen as ListenOptions });

  for (const path of ["/settings", "/healthz", "/readyz", "/health", "/metrics", "/sessions"]) {
    expect([path, (await gateway.get(`${path}/`)).status]).toEqual([path, 200]);
  }
  for (const path of ["/lines", "/lines/"]) {
    const socket = new WebSocket(`ws://${gateway.address}${path}`);
    const opened = new Promise((resolve) => {
      socket.addEventListener("open", () => resolve("open"));
      socket.addEventListener("error", () => resolve("refused"));
    });
    expect([path, await opened]).toEqual([path, "open"]);
    socket.close();
  }
});

describe("every refused request of an own port has an error, a code and whether to retry:", () => {
  const token = "t".repeat(40);
  const metrics = { contentType: "text/plain", metrics: async () => Promise.reject(new Error("none")) };
  const authorization = `Bearer ${token}`;

  test.each<[path: string, init: RequestInit, status: number, body: object]>([
    ["/health", { method: "POST" }, 405, { error: "/health accepts GET.", code: "METHOD_NOT_ALLOWED" }],
    ["/readyz", { method: "POST" }, 405, { error: "/readyz accepts GET.", code: "METHOD_NOT_ALLOWED" }],
    ["/login", { method: "PUT" }, 405, { error: "/login accepts GET and POST.", code: "METHOD_NOT_ALLOWED" }],
    ["/login", { method: "POST", body: "{}" }, 400, { code: "INVALID_FRAME" }],
    ["/login", { method: "POST", body: "x".repeat(5000) }, 413, { code: "TOO_LARGE" }],
    [
      "/login",
      { method: "POST", body: '{"token":"no"}' },
      401,
      { error: "Wrong token.", code: "UNAUTHORIZED" },
    ],
    ["/metrics", {}, 401, { code: "UNAUTHORIZED" }],
    [
      "/metrics",
      { method: "POST", headers: { authorization } },
      405,
      { error: "/metrics accepts GET.", code: "METHOD_NOT_ALLOWED" },
    ],
    ["/metrics", { headers: { authorization } }, 500, { code: "INTERNAL", retryable: true }],
  ])("%s %j", async (path, init, status, body) => {
    await using gateway = await testGateway({ listen: { token, metrics } });

    const response = await gateway.get(path, init);

    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String), retryable: false, ...body });
  });
});
