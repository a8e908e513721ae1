import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits } from "@mini-openclaw/protocol";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { GatewayError, GatewayServer, type Principal } from "../src/index.ts";
import { scriptedAgent } from "../src/testing.ts";
import { echoAgent, gate, MemorySocket, refusal, TestClient, testGateway } from "./test-gateway.ts";

describe("connecting", () => {
  test("gives every anonymous client the session of the key webchat", async () => {
    await using gateway = await testGateway();

    const [first, second] = await Promise.all([gateway.connect(), gateway.connect()]);

    expect(second.sessionId).toBe(first.sessionId);
    expect(await first.next("connected")).toEqual({
      type: "connected",
      sessionId: first.sessionId,
      limits: { ...defaultLimits },
    });
  });

  test("writes nothing: a session is kept from its first entry on", async () => {
    await using gateway = await testGateway();

    await gateway.connect();

    expect(await gateway.store.listSessions()).toEqual({ sessions: [] });
  });

  test("gives each principal a session of its own, which others cannot reach", async () => {
    await using gateway = await testGateway({
      authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
    });
    const alice = await gateway.connect({ "x-user": "alice" });
    const bob = await gateway.connect({ "x-user": "bob" });
    alice.send({ type: "message", content: "mine" });
    await alice.next("run_end");
    const { sessionId } = alice;

    bob.send({ type: "message", sessionId, content: "let me in" });
    bob.send({ type: "history", sessionId });
    bob.send({ type: "abort", sessionId });

    await bob.next("error", 3);
    expect(bob.frames.slice(1).map((frame) => "code" in frame && frame.code)).toEqual([
      "SESSION_NOT_FOUND",
      "SESSION_NOT_FOUND",
      "SESSION_NOT_FOUND",
    ]);
    expect((await gateway.store.listSessions()).sessions).toMatchObject([
      { key: "webchat:alice", owner: "alice" },
    ]);
  });

  test("frames sent before connected are worked on after it, in order", async () => {
    await using gateway = await testGateway();
    const client = new TestClient(new WebSocket(`ws://${gateway.address}/`));
    await once(client.socket, "open");

    client.send({ type: "ping" });
    client.send({ type: "message", content: "early" });
    await client.next("run_end");

    expect(client.types().slice(0, 3)).toEqual(["connected", "pong", "user_message"]);
  });
});

describe("upgrades", () => {
  test.each([
    ["a foreign page", { Origin: "https://evil.example" }, 403],
    ["another port of this machine", { Origin: "http://127.0.0.1:1" }, 403],
    ["a page from file://", { Origin: "null" }, 403],
    ["a name that was rebound", { Host: "evil.example", Origin: "http://evil.example" }, 403],
  ])("of %s are refused before they are one", async (_who, headers, status) => {
    await using gateway = await testGateway();

    const [given, reason] = await refusal(`ws://${gateway.address}/`, headers);

    expect(given).toBe(status);
    expect(reason).toMatch(/is not (allowed here|a name of this gateway)\. Allowed are/);
    expect(gateway.gateway.health().connections).toBe(0);
  });

  test("of the gateway's own pages are let in", async () => {
    await using gateway = await testGateway();

    const client = await gateway.connect({ Origin: `http://${gateway.address}` });

    expect(client.types()).toEqual(["connected"]);
  });

  test("of another path get the path of the gateway", async () => {
    await using gateway = await testGateway();

    expect(await refusal(`ws://${gateway.address}/chat`)).toEqual([
      404,
      "The gateway's WebSocket is at /.\n",
    ]);
  });

  test("get 401 if authenticate rejects them and 500 if it throws, and the gateway continues", async () => {
    await using gateway = await testGateway({
      authenticate: ({ headers }) => {
        if (headers["x-user"] === "bug") throw new Error("a bug");
        // A program without types may do this.
        if (headers["x-user"] === "nobody") return undefined as unknown as null;
        return headers["x-user"] === undefined ? null : { id: "someone" };
      },
    });

    expect((await refusal(`ws://${gateway.address}/`))[0]).toBe(401);
    expect((await refusal(`ws://${gateway.address}/`, { "x-user": "nobody" }))[0]).toBe(401);
    expect((await refusal(`ws://${gateway.address}/`, { "x-user": "bug" }))[0]).toBe(500);
    expect((await gateway.connect({ "x-user": "me" })).types()).toEqual(["connected"]);
    expect(gateway.failures).toEqual(["authenticate or sessionKey: a bug"]);
  });
});

test.each([
  ["absent", undefined],
  ["empty", ""],
  ["a number", 42],
  ["null", null],
  ["longer than the keys of a store", "x".repeat(501)],
])("rejects a principal whose id is %s", async (_, id) => {
  const principal = { id } as unknown as Principal;
  await using gateway = await testGateway({ authenticate: () => principal });

  expect((await refusal(`ws://${gateway.address}/`))[0]).toBe(500);
  expect((await gateway.get("/sessions")).status).toBe(500);
  expect(() => gateway.gateway.accept(new MemorySocket(), { principal })).toThrow(TypeError);
  expect(gateway.failures[0]).toMatch(/: A principal's `id` must be a string of 1 to 500 characters, got /);
});

describe("hostile frames", () => {
  test.each([
    ["text that is no JSON", "{", "INVALID_FRAME"],
    ["a JSON array", "[]", "INVALID_FRAME"],
    ["no type", "{}", "INVALID_FRAME"],
    ["an unknown type", '{"type":"shout"}', "UNKNOWN_TYPE"],
    ["a wrong field type", '{"type":"message","content":7}', "INVALID_FRAME"],
    ["an unknown session", '{"type":"message","content":"hi","sessionId":"nobody"}', "SESSION_NOT_FOUND"],
    ["a path as session", '{"type":"history","sessionId":"../../etc/passwd"}', "SESSION_NOT_FOUND"],
    ["a session id with NUL", '{"type":"history","sessionId":"a\\u0000b"}', "SESSION_NOT_FOUND"],
    ["a polluted prototype", '{"__proto__":{"type":"ping"}}', "INVALID_FRAME"],
  ])("%s is answered with a code, and the connection stays open", async (_what, text, code) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.send(text);
    await client.roundTrip();

    expect(client.frames.slice(1)).toMatchObject([{ type: "error", code }]);
    expect(gateway.failures).toEqual([]);
  });

  test("a binary frame is answered with a code", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.socket.send(Buffer.from('{"type":"ping"}'));

    expect(await client.next("error")).toMatchObject({ code: "INVALID_FRAME" });
  });

  test("a frame above the limit closes that connection with 1009 and no other", async () => {
    await using gateway = await testGateway();
    const [client, other] = await Promise.all([gateway.connect(), gateway.connect()]);

    client.send({ type: "message", content: "x".repeat(defaultLimits.maxFrameBytes) });

    const [code] = await once(client.socket, "close");
    expect(code).toBe(1009);
    await other.roundTrip();
  });
});

test("create begins another session of the same key and answers connected", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const before = client.sessionId;
  client.send({ type: "message", content: "old" });
  await client.next("run_end");

  client.send({ type: "create", id: "q1" });
  const connected = await client.next("connected", 2);
  client.send({ type: "message", content: "new" });
  await client.next("run_end", 2);

  expect(connected).toMatchObject({ replyTo: "q1" });
  expect(connected.sessionId).not.toBe(before);
  expect((await gateway.connect()).sessionId).toBe(connected.sessionId);
  const messages = await gateway.store.loadMessages(connected.sessionId);
  expect(messages.map(({ content }) => content)).toEqual(["new", "new"]);
});

test("history gives messages page by page, newest page first, oldest message first", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  for (const content of ["one", "two"]) client.send({ type: "message", content });
  await client.next("run_end", 2);
  const { sessionId } = client;

  client.send({ type: "history", sessionId, limit: 3 });
  const newest = await client.next("history");
  client.send({ type: "history", sessionId, before: newest.messages[0]?.seq ?? 0, limit: 3, id: "q2" });
  const older = await client.next("history", 2);

  expect(newest.messages.map(({ content }) => content)).toEqual(["one", "two", "two"]);
  expect(newest.hasMore).toBe(true);
  expect(older.messages.map(({ role, content }) => [role, content])).toEqual([["user", "one"]]);
  expect(older).toMatchObject({ hasMore: false, replyTo: "q2" });
});

describe("health", () => {
  test("counts connections, sessions and runs as they change", async () => {
    await using gateway = await testGateway();
    const count = async () => {
      const { connections, sessions, runs } = (await (await gateway.get("/health")).json()) as Record<
        string,
        number
      >;
      return { connections, sessions, runs };
    };

    expect(await count()).toEqual({ connections: 0, sessions: 0, runs: 0 });
    const [client] = await Promise.all([gateway.connect(), gateway.connect()]);
    expect(await count()).toEqual({ connections: 2, sessions: 1, runs: 0 });
    await client.close();
    expect(await count()).toEqual({ connections: 1, sessions: 1, runs: 0 });
  });

  test("healthz reports that the process answers, readyz that it accepts messages", async () => {
    await using gateway = await testGateway();

    expect([(await gateway.get("/healthz")).status, (await gateway.get("/readyz")).status]).toEqual([
      200, 200,
    ]);
    expect(await (await gateway.get("/readyz")).json()).toEqual({ ready: true, failing: [] });
    void gateway.gateway.close();
    expect(await gateway.gateway.readiness()).toEqual({
      ready: false,
      failing: ["the gateway is stopping"],
    });
  });

  test.each([
    ["in memory", async () => createMemoryStore()],
    ["on disk", async () => openSessionStore(await mkdtemp(join(tmpdir(), "readyz-")))],
  ])("readyz reports that the store cannot be read: %s", async (_, open) => {
    const store = await open();
    await using gateway = await testGateway({ store });
    await store.close();

    const answer = await gateway.get("/readyz");

    expect([answer.status, await answer.json()]).toEqual([
      503,
      { ready: false, failing: ["the store cannot be read"] },
    ]);
    expect((await gateway.get("/healthz")).status).toBe(200);
  });

  test.each([
    ["with the token", { Authorization: `Bearer ${"t".repeat(32)}` }, "exit 1"],
    ["without the token", {}, undefined],
  ])("readyz has the states of the app's parts, and their details %s", async (_, headers, detail) => {
    const secret = { password: "p", since: 1n };
    const parts = () => [{ name: "files", state: "failed", detail: "exit 1", ...secret } as const];
    await using gateway = await testGateway({ listen: { token: "t".repeat(32), parts } });

    const answer = await gateway.get("/readyz", { headers });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { ready: true, failing: [], parts: [{ name: "files", state: "failed", ...(detail && { detail }) }] },
    ]);
  });

  test("readyz answers a load balancer under any Host, with one word", async () => {
    await using gateway = await testGateway({ listen: { parts: () => [{ name: "mcp", state: "ok" }] } });
    const ask = async (path: string) => {
      const headers = { host: "gateway.internal" };
      const [response] = await once(get(`http://${gateway.address}${path}`, { headers }), "response");
      const { statusCode } = response as IncomingMessage;
      return [statusCode, (await (response as IncomingMessage).toArray()).join("")];
    };

    expect(await ask("/readyz")).toEqual([200, expect.stringMatching(/^\{"ready":true\}\s*$/)]);
    expect((await ask("/health"))[0]).toBe(403);
    await gateway.store.close();
  });

  test.each<[string, () => unknown]>([
    [
      "no parts",
      () => {
        throw new Error("no parts");
      },
    ],
    ["`parts` must return its result at once", () => Promise.reject(new Error("later"))],
    ["`parts` must be a function that returns a list of parts", () => [Promise.reject(new Error("later"))]],
    ["`parts` must be a function that returns a list of parts", () => [{ name: "files", state: 5 }]],
  ])("readyz answers without the parts that an app fails to report: %s", async (report, parts) => {
    await using gateway = await testGateway({ listen: { parts: parts as () => [] } });

    expect(await (await gateway.get("/readyz")).json()).toEqual({ ready: true, failing: [], parts: [] });
    expect(gateway.failures).toEqual([expect.stringContaining(`parts: ${report}`)]);
  });

  test("an unknown path is a 404, a wrong method a 405, a foreign Host a 403", async () => {
    await using gateway = await testGateway();

    expect((await gateway.get("/nothing")).status).toBe(404);
    expect((await gateway.get("/health", { method: "POST" })).status).toBe(405);
    expect((await refusal(`ws://${gateway.address}/`, { Host: "evil.example" }))[0]).toBe(403);
  });
});

describe("a token", () => {
  const token = "0123456789abcdef0123456789abcdef";

  test("is needed beyond loopback", async () => {
    const gateway = new GatewayServer({ store: (await testStore()).store, agent: echoAgent });

    const refused = gateway.listen({ port: 0, host: "0.0.0.0" });

    await expect(refused).rejects.toThrow(
      "`host` must be loopback, such as 127.0.0.1, without a token, got 0.0.0.0.",
    );
    await expect(refused).rejects.toMatchObject({ code: "TOKEN_REQUIRED" });
  });

  test("is refused with the required length if it is too short", async () => {
    const gateway = new GatewayServer({ store: (await testStore()).store, agent: echoAgent });

    await expect(gateway.listen({ port: 0, token: "short" })).rejects.toThrow(
      "`token` must have at least 32 bytes, got 5. Make one with `openssl rand -hex 32`.",
    );
  });

  test("accepts clients that send it as a header, and no others", async () => {
    await using gateway = await testGateway({ listen: { token } });

    expect((await refusal(`ws://${gateway.address}/`))[0]).toBe(401);
    expect((await refusal(`ws://${gateway.address}/`, { Authorization: `Bearer ${token}x` }))[0]).toBe(401);
    expect((await gateway.connect({ Authorization: `Bearer ${token}` })).types()).toEqual(["connected"]);
  });

  test("is exchanged for a cookie that scripts cannot read", async () => {
    await using gateway = await testGateway({ listen: { token } });
    const login = (body: string) => gateway.get("/login", { method: "POST", body });

    expect((await gateway.get("/login")).status).toBe(401);
    expect((await login("{}")).status).toBe(400);
    expect((await login(JSON.stringify({ token: "wrong" }))).status).toBe(401);
    const response = await login(JSON.stringify({ token }));

    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^mini_openclaw_[\da-f]{8}=[\w-]+; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(cookie).not.toContain(token);
    const [pair = ""] = cookie.split(";");
    expect((await gateway.get("/login", { headers: { cookie: pair } })).status).toBe(200);
    expect((await gateway.connect({ cookie: pair })).types()).toEqual(["connected"]);
  });

  async function testStore() {
    return await testGateway();
  }
});

test("a port that is in use is named by the error", async () => {
  await using first = await testGateway();
  const port = Number(first.address.split(":")[1]);
  const second = new GatewayServer({ store: first.store, agent: echoAgent });

  const refused = second.listen({ port });

  await expect(refused).rejects.toThrow(`Port ${port} on 127.0.0.1: another program has it.`);
  expect(GatewayError.is(await refused.catch((error: unknown) => error))).toBe(true);
});

describe("attach", () => {
  test("takes the upgrades of its path and leaves others to others", async () => {
    await using own = await testGateway();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const other = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      if (request.url === "/other") other.handleUpgrade(request, socket, head, (one) => one.send("other"));
    });
    const detach = own.gateway.attach(server, { path: "/claw" });

    const client = new TestClient(new WebSocket(`${address}/claw`));
    const foreign = new WebSocket(`${address}/other`);
    const [text] = await once(foreign, "message");
    await client.next("connected");

    expect(String(text)).toBe("other");
    foreign.close();
    detach();
    expect(server.listenerCount("upgrade")).toBe(1);
    await client.close();
    server.close();
    await once(server, "close");
  });

  test("answers 404 to unknown paths only if no other listener is there", async () => {
    await using own = await testGateway();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    own.gateway.attach(server, { path: "/claw" });

    const address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;

    expect(await refusal(`${address}/other`)).toEqual([404, "No upgrade is accepted at this path.\n"]);
    server.close();
    await once(server, "close");
  });
});

describe("a client that does not read", () => {
  const piece = "x".repeat(256 * 1024);
  const pieces = 64;
  /** Steps that emit 16 MiB, without once waiting for the event loop. */
  const thoughts = Array.from({ length: pieces }, () => ({ thinks: piece }));

  test("delays nobody and fills no memory; when it reads again it gets every entry once, in order", async () => {
    const agent = scriptedAgent([
      [...thoughts, "done"],
      [...thoughts, "done"],
    ]);
    await using gateway = await testGateway({ agent });
    const stuck = new MemorySocket();
    gateway.gateway.accept(stuck);
    const reading = await gateway.connect();

    for (const content of ["one", "two"]) reading.send({ type: "message", content });
    await reading.next("run_end", 2);

    expect(stuck.bufferedAmount).toBeLessThan(2 * 1_048_576);
    stuck.startReading();
    await stuck.next("run_end", 2);
    const seqs = stuck.frames.flatMap((frame) => ("seq" in frame ? [frame.seq] : []));
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const kept = stuck.types().filter((type) => type.endsWith("_message") || type === "run_end");
    expect(kept).toEqual([
      "user_message",
      "assistant_message",
      "run_end",
      "user_message",
      "assistant_message",
      "run_end",
    ]);
  });

  test("gets the rest of the log while the run continues", async () => {
    const [released, release] = gate();
    const agent = scriptedAgent([[...thoughts, "thinking…", { waits: released }, "done"]]);
    await using gateway = await testGateway({ agent });
    const stuck = new MemorySocket();
    gateway.gateway.accept(stuck);
    const reading = await gateway.connect();
    reading.send({ type: "message", content: "much" });
    await reading.next("chunk");

    stuck.startReading();
    await stuck.next("thinking", pieces);
    release();
    await stuck.next("run_end");

    // Adjacent chunks may come as one event.
    const seqs = stuck.frames.flatMap((frame) => {
      if (!("seq" in frame)) return [];
      const first = "firstSeq" in frame ? (frame.firstSeq ?? frame.seq) : frame.seq;
      return Array.from({ length: frame.seq - first + 1 }, (_, index) => first + index);
    });
    expect(seqs).toEqual(Array.from(seqs, (_, index) => index + 1));
  });
});
