import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type GatewayOptions, GatewayServer, type ListenOptions } from "../src/index.ts";
import { createMetrics } from "../src/metrics.ts";
import { echoAgent, TestClient, testGateway } from "./test-gateway.ts";

describe("an option that is not right is named:", () => {
  const right = { store: createMemoryStore(), agent: echoAgent };

  test.each<[options: object | undefined, message: string]>([
    [{}, "`store` must be a session store, such as `createMemoryStore()`, got nothing."],
    [
      { ...right, store: {} },
      "`store` must be a session store, such as `createMemoryStore()`, got an object.",
    ],
    [
      { ...right, agent: () => "hi" },
      "`agent` must be an agent with `run`, such as `textAgent(…)`, got a function.",
    ],
    [{ ...right, authenticate: "token" }, '`authenticate` must be a function, got "token".'],
    [undefined, "`options` must be an object, got nothing."],
    [
      { ...right, logger: {} },
      "`logger` must be an object with `debug`, `info`, `warn` and `error`, such as `pino()`, got an object.",
    ],
    [
      { ...right, logger: null },
      "`logger` must be an object with `debug`, `info`, `warn` and `error`, such as `pino()`, got null.",
    ],
    [{ ...right, dialects: [5] }, "`dialects[0]` must be a dialect: an object with `connect`, got 5."],
    [{ ...right, dialects: [null] }, "`dialects[0]` must be a dialect: an object with `connect`, got null."],
  ])("%j", (options, message) => {
    expect(() => new GatewayServer(options as GatewayOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message }),
    );
  });

  test("a misspelled one, of the gateway and of listen", async () => {
    const misspelled = { ...right, allowedHost: ["a.example"] };
    expect(() => new GatewayServer(misspelled)).toThrow(
      "`allowedHost` is no option of `new GatewayServer`. Its options are store,",
    );
    await expect(testGateway({ listen: { tokens: "x" } as ListenOptions })).rejects.toThrow(
      "`tokens` is no option of `listen`. Its options are port, host, path, token, serve, metrics, parts, routes, dialects, forms.",
    );
  });

  test.each<[options: object | null, message: string]>([
    [null, "`options` must be an object, got null."],
    [{ serve: 5 }, "`serve` must be a function, got 5."],
    [{ parts: [] }, "`parts` must be a function, got an array."],
    [{ routes: null }, "`routes` must be an object with paths as its names, such as `/x`, got null."],
    [{ dialects: [] }, "`dialects` must be an object with paths as its names, such as `/x`, got an array."],
    [{ dialects: { "/x": null } }, '`dialects["/x"]` must be a dialect: an object with `connect`, got null.'],
    [{ forms: { "/x": null } }, '`forms["/x"]` must be a form: an object with `answer`, got null.'],
    [{ host: 5 }, "`host` must be a string, got 5."],
  ])("of listen: %j", async (options, message) => {
    const gateway = new GatewayServer(right);

    const error = { code: "INVALID_OPTION", message };
    await expect(gateway.listen(options as ListenOptions)).rejects.toMatchObject(error);

    expect((await gateway.listen({ port: 0 })).port).toBeGreaterThan(0);
    await gateway.close();
  });

  test.each<[server: unknown, options: unknown, message: string]>([
    [null, { path: "/" }, "`server` must be a server of `node:http`, got null."],
    [{}, { path: "/" }, "`server` must be a server of `node:http`, got an object."],
    [createServer(), null, "`options` must be an object, got null."],
    [
      createServer(),
      { path: "/", dialect: null },
      "`dialect` must be a dialect: an object with `connect`, got null.",
    ],
  ])("of attach: %#", (server, options, message) => {
    const gateway = new GatewayServer(right);

    expect(() => gateway.attach(server as never, options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message }),
    );
  });

  test("the host localhost, in any case", async () => {
    const gateway = new GatewayServer(right);

    const { port } = await gateway.listen({ port: 0, host: "LOCALHOST" });

    expect((await fetch(`http://localhost:${port}/sessions`)).status).toBe(200);
    await gateway.close();
  });

  test("a misspelled one, of every other method", async () => {
    await using test = await testGateway();
    const { gateway } = test;
    const named = (name: string) =>
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining(`\`${name}\``),
      });
    const given = <Options>(options: object | null) => options as Options;

    expect(() => gateway.attach(createServer(), given({ paht: "/claw" }))).toThrow(named("paht"));
    expect(() => gateway.attach(createServer(), given({}))).toThrow(named("path"));
    expect(() => gateway.handleRequest(given({}), given({}), given({ paths: "/" }))).toThrow(named("paths"));
    expect(() =>
      gateway.handleRequest(
        given({}),
        given({}),
        given(() => {}),
      ),
    ).toThrow(named("options"));
    expect(() => gateway.accept(given({}), given({ id: "alice" }))).toThrow(named("id"));
    await expect(gateway.handleFetch(new Request("http://a"), given({ base: "/" }))).rejects.toEqual(
      named("base"),
    );
    await expect(gateway.close(given({ drain: 1 }))).rejects.toEqual(named("drain"));
    await expect(gateway.submit(given(null))).rejects.toEqual(named("options"));
    await expect(gateway.submit(given({ key: "k", text: "hi" }))).rejects.toEqual(named("text"));
    await expect(gateway.retry(given({ session: "s" }))).rejects.toEqual(named("session"));
    expect(() => createMetrics(gateway, given({ registrys: 1 }))).toThrow(named("registrys"));
  });

  test.each([70_000, -1, 1.5, "3210"])("port %j", async (port) => {
    await expect(testGateway({ listen: { port: port as number } })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("port"),
    });
  });

  test.each<[token: unknown, code: string, message: RegExp]>([
    ["t".repeat(31), "TOKEN_REQUIRED", /at least 32 bytes, got 31/],
    ["我的网关令牌需要三十二个字节以上", "INVALID_OPTION", /visible ASCII characters/],
    [`${"t".repeat(40)}\n`, "INVALID_OPTION", /visible ASCII characters/],
    [`${"t".repeat(20)} ${"t".repeat(20)}`, "INVALID_OPTION", /visible ASCII characters/],
    [[], "INVALID_OPTION", /empty list/],
    [["t".repeat(40), ""], "TOKEN_REQUIRED", /got 0/],
    [1, "INVALID_OPTION", /`token` must be a string, got 1/],
  ])("token %j", async (token, code, message) => {
    const listening = testGateway({ listen: { token: token as string } });
    await expect(listening).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe("a path of attach", () => {
  test.each(["/claw/", "claw", "//claw//"])("%s matches as /claw", async (path) => {
    await using own = await testGateway();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    own.gateway.attach(server, { path });

    for (const asked of ["/claw", "/claw/", "/claw?x=1"]) {
      const { port } = server.address() as AddressInfo;
      const client = new TestClient(new WebSocket(`ws://127.0.0.1:${port}${asked}`));
      expect((await client.next("connected")).type).toBe("connected");
      await client.close();
    }
    server.close();
    await once(server, "close");
  });

  test.each(["/claw?x", "/a b", "/é", "http://a.example/claw", undefined])("%j is refused", async (path) => {
    await using own = await testGateway();

    expect(() => own.gateway.attach(createServer(), { path: path as string })).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringMatching(
          /^`path` must be a path of ASCII characters such as \/claw, without a query, got/,
        ),
      }),
    );
  });
});

describe("the cookie of the page", () => {
  const logIn = async (address: string, token: string, headers: Record<string, string> = {}) => {
    const init = { method: "POST", headers, body: JSON.stringify({ token }) };
    return (await fetch(`http://${address}/login`, init)).headers.get("set-cookie") ?? "";
  };
  const [first, second] = ["a".repeat(40), "b".repeat(40)];

  test("has a name of its own for each token, so that gateways of one host keep theirs", async () => {
    await using one = await testGateway({ listen: { token: first } });
    await using other = await testGateway({ listen: { token: second } });
    const cookies = [await logIn(one.address, first), await logIn(other.address, second)];
    const cookie = cookies.map((text) => text.split(";", 1)[0]).join("; ");

    expect(new Set(cookies.map((text) => text.split("=", 1)[0])).size).toBe(2);
    for (const { get } of [one, other])
      expect((await get("/sessions", { headers: { cookie } })).status).toBe(200);
    expect((await one.get("/sessions", { headers: { cookie: cookies[1] ?? "" } })).status).toBe(401);
  });

  test("is Secure behind TLS only", async () => {
    await using gateway = await testGateway({ listen: { token: first } });

    expect(await logIn(gateway.address, first)).not.toContain("Secure");
    expect(await logIn(gateway.address, first, { "x-forwarded-proto": "https" })).toMatch(/; Secure$/);
    expect(await logIn(gateway.address, first, { "x-forwarded-proto": "http" })).not.toContain("Secure");
  });

  test("and every other way accept each token of a list", async () => {
    await using gateway = await testGateway({ listen: { token: [first, second] } });

    for (const token of [first, second]) {
      const client = await gateway.connect({ Authorization: `Bearer ${token}` });
      const cookie = (await logIn(gateway.address, token)).split(";", 1)[0] ?? "";
      expect((await gateway.get("/sessions", { headers: { cookie } })).status).toBe(200);
      await client.close();
    }
    expect(
      (await gateway.get("/sessions", { headers: { Authorization: `Bearer ${"c".repeat(40)}` } })).status,
    ).toBe(401);
  });
});
