import { EventEmitter, once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { WrongTokens } from "../src/auth/wrong-tokens.ts";
import { frame, handshake, RawClient } from "./raw-client.ts";
import { refusal, TestClient, testGateway } from "./test-gateway.ts";

const token = "0123456789abcdef0123456789abcdef";

describe("a token as subprotocol, for pages that can set no header", () => {
  test.each([
    ["the protocol's name first", ["mini-openclaw", `bearer.${token}`]],
    ["the token first", [`bearer.${token}`, "mini-openclaw"]],
  ])("accepts the client, and answers with the protocol and never the token: %s", async (_order, offered) => {
    await using gateway = await testGateway({ listen: { token } });
    const client = new TestClient(new WebSocket(`ws://${gateway.address}/`, offered));

    await client.next("connected");

    expect(client.socket.protocol).toBe("mini-openclaw");
  });

  test("needs the protocol's name beside it: a token is never sent back", async () => {
    await using gateway = await testGateway({ listen: { token } });
    using client = await RawClient.connect(gateway.address);
    const headers = { "Sec-WebSocket-Protocol": `bearer.${token}` };

    client.write(handshake(gateway.address, { headers }));

    const { status, lines } = await client.head();
    expect(status).toBe(101);
    expect(lines.map((line) => line.split(":")[0])).toEqual([
      "Upgrade",
      "Connection",
      "Sec-WebSocket-Accept",
    ]);
  });
});

describe("a token as first frame", () => {
  const firstFrame = { line: "GET /?auth=frame HTTP/1.1" };
  afterEach(() => void vi.useRealTimers());

  test("is awaited only when the client announces it", async () => {
    await using gateway = await testGateway({ listen: { token } });
    const client = new TestClient(new WebSocket(`ws://${gateway.address}/?auth=frame`));
    await once(client.socket, "open");
    expect(gateway.gateway.health().connections).toBe(0);

    client.send(JSON.stringify({ type: "auth", token }));

    await client.next("connected");
    expect(gateway.gateway.health().connections).toBe(1);
    expect((await refusal(`ws://${gateway.address}/`))[0]).toBe(401);
  });

  test("is waited for from a browser that has kept the cookie of an older token", async () => {
    await using gateway = await testGateway({ listen: { token } });
    const headers = { Cookie: "mini_openclaw_0badc0de=older" };
    const client = new TestClient(new WebSocket(`ws://${gateway.address}/?auth=frame`, { headers }));
    await once(client.socket, "open");

    client.send(JSON.stringify({ type: "auth", token }));
    await client.next("connected");

    expect(client.types()).toEqual(["connected"]);
  });

  test("is taken, and counts for nothing, where no token is needed", async () => {
    await using gateway = await testGateway();
    const client = new TestClient(new WebSocket(`ws://${gateway.address}/?auth=frame`));
    await once(client.socket, "open");

    client.send(JSON.stringify({ type: "auth", token: "whatever the settings say" }));
    await client.next("connected");

    expect(client.types()).toEqual(["connected"]);
  });

  test("must come within 3 s", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await using gateway = await testGateway({ listen: { token } });
    using client = await RawClient.open(gateway.address, firstFrame);

    vi.advanceTimersByTime(2999);
    client.write(frame("", { opcode: 9 }));
    expect((await client.frame())?.opcode).toBe(10);
    vi.advanceTimersByTime(1);

    expect(await client.closeCode()).toBe(4408);
  });

  test("accepts everybody who has it while strangers hold any number of sockets", async () => {
    await using gateway = await testGateway({ listen: { token } });
    const strangers: RawClient[] = [];
    for (let count = 0; count < 1100; count += 1) {
      const stranger = await RawClient.connect(gateway.address);
      // Some stop before their request, some wait at the first frame, and some send half a request.
      if (count % 3 > 0)
        stranger.write(handshake(gateway.address, firstFrame).slice(0, count % 3 === 1 ? 9999 : 60));
      strangers.push(stranger);
    }
    const client = new TestClient(new WebSocket(`ws://${gateway.address}/?auth=frame`));
    client.socket.once("open", () => client.send(JSON.stringify({ type: "auth", token })));

    await client.next("connected");
    await strangers[0]?.closed();
    await client.roundTrip();
    expect((await gateway.get("/sessions", { headers: { Authorization: `Bearer ${token}` } })).status).toBe(
      200,
    );

    for (const stranger of strangers) stranger[Symbol.dispose]();
  });

  test("leaves room for a client when strangers that wait reach maxConnections", async () => {
    await using gateway = await testGateway({ listen: { token }, connections: { maxConnections: 2 } });
    using first = await RawClient.open(gateway.address, firstFrame);
    using second = await RawClient.open(gateway.address, firstFrame);

    const client = await gateway.connect({ Authorization: `Bearer ${token}` });
    await first.closed();
    second.write(frame(JSON.stringify({ type: "auth", token })));

    expect(String((await second.frame())?.payload)).toContain('"connected"');
    await client.roundTrip();
  });
});

describe("wrong tokens", () => {
  test("get another answer than too many of them, and never lock out the right one", async () => {
    await using gateway = await testGateway({ listen: { token } });
    const url = `ws://${gateway.address}/`;
    const statuses: number[] = [];

    for (let guess = 0; guess < 12; guess += 1) {
      statuses.push((await refusal(url, { Authorization: `Bearer guess ${guess}` }))[0]);
    }
    const login = (given: string) =>
      gateway.get("/login", { method: "POST", body: JSON.stringify({ token: given }) });
    const refused = await login("guess");

    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
    expect((await gateway.connect({ Authorization: `Bearer ${token}` })).types()).toEqual(["connected"]);
    expect((await login(token)).status).toBe(200);
  });

  test("are counted for a minute, for each address by itself", () => {
    let now = 0;
    const wrongTokens = new WrongTokens(() => now);
    const add = (address: string, times: number) =>
      Array.from({ length: times }, () => wrongTokens.add(address)).at(-1);

    expect([add("a", 10), add("a", 1), add("b", 1)]).toEqual([undefined, 60_000, undefined]);
    now = 59_999;
    expect(add("a", 1)).toBe(1);
    now = 60_000;
    expect([add("a", 10), add("a", 1)]).toEqual([undefined, 60_000]);
  });

  test("from more than 1,000 addresses push out the oldest address", () => {
    const wrongTokens = new WrongTokens(() => 0);
    for (let count = 0; count < 10; count += 1) wrongTokens.add("first");

    for (let address = 0; address < 1000; address += 1) wrongTokens.add(`flood ${address}`);

    expect(wrongTokens.add("first")).toBeUndefined();
  });
});

test.each([
  [
    { limits: { maxFrameBytes: 0 } },
    "`limits.maxFrameBytes` must be an integer from 1 to 2147483647, got 0.",
  ],
  [
    { limits: { maxQueuedMessages: Number.NaN } },
    "`limits.maxQueuedMessages` must be an integer from 0 to 2147483647, got NaN.",
  ],
  [
    { limits: { maxFrame: 3 } as object },
    "`maxFrame` is no option of `limits`. Its options are maxFrameBytes, maxQueuedMessages, maxBlocks, maxBlockBytes.",
  ],
  [
    { connections: { maxConnection: 3 } as object },
    "`maxConnection` is no option of `connections`. Its options are maxConnections, handshakeTimeoutMs, heartbeatMs. The closest is `maxConnections`.",
  ],
  [{ maxContextMessages: 0 }, "`maxContextMessages` must be an integer from 1 to 2147483647, got 0."],
  [{ idleMs: -1 }, "`idleMs` must be a number of milliseconds from 0, got -1."],
  [{ abortGraceMs: Number.NaN }, "`abortGraceMs` must be a number of milliseconds from 0, got NaN."],
])("%o is refused, with what it may be", async (options, message) => {
  await expect(testGateway(options)).rejects.toMatchObject({ code: "INVALID_OPTION", message });
});

describe("limits of connections", () => {
  test.each([
    ["maxConnections", 0],
    ["handshakeTimeoutMs", Number.NaN],
    ["heartbeatMs", 0.5],
    ["heartbeatMs", 2 ** 31],
  ])("%s: %s is refused, with what it may be", async (name, value) => {
    await expect(testGateway({ connections: { [name]: value } })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: `\`connections.${name}\` must be an integer from 1 to 2147483647, got ${value}.`,
    });
  });

  test("maxConnections: one more is refused with 503 and when to try again; one that goes makes room", async () => {
    await using gateway = await testGateway({ connections: { maxConnections: 2 } });
    const [first] = [await gateway.connect(), await gateway.connect()];
    using more = await RawClient.connect(gateway.address);

    more.write(handshake(gateway.address));
    const { status, lines } = await more.head();

    expect([status, lines.includes("Retry-After: 1")]).toEqual([503, true]);
    expect((await gateway.get("/healthz")).status).toBe(200);
    await first.close();
    await (await gateway.connect()).roundTrip();
  });

  test("maxConnections: of those that wait for authenticate the first makes room", async () => {
    const letIn = new EventEmitter();
    const authenticate = async () => {
      await once(letIn, "all");
      return { id: "somebody" };
    };
    await using gateway = await testGateway({ authenticate, connections: { maxConnections: 1 } });
    using first = await RawClient.connect(gateway.address);
    first.write(handshake(gateway.address));
    while (letIn.listenerCount("all") === 0) await new Promise(setImmediate);
    const second = gateway.connect();

    expect((await first.head()).status).toBe(503);
    letIn.emit("all");

    expect((await second).types()).toEqual(["connected"]);
  });

  test("handshakeTimeoutMs: an authenticate that does not answer gets a 503 and is reported", async () => {
    const authenticate = () => new Promise<never>(() => undefined);
    await using gateway = await testGateway({ authenticate, connections: { handshakeTimeoutMs: 10 } });

    expect(await refusal(`ws://${gateway.address}/`)).toEqual([
      503,
      "`authenticate` took too long. Try again later.\n",
    ]);
    expect(gateway.failures).toEqual([
      "authenticate or sessionKey: The handshake took longer than `handshakeTimeoutMs`, 10 ms.",
    ]);
  });

  test("a socket that sends half a request, or keeps its side open after a refusal, does not hold up close", async () => {
    const gateway = await testGateway({ listen: { token } });
    const clients = await Promise.all(Array.from({ length: 3 }, () => RawClient.connect(gateway.address)));
    clients[0]?.write(handshake(gateway.address).slice(0, 30));
    clients[1]?.write(handshake(gateway.address, { line: "GET /?auth=frame HTTP/1.1" }));
    clients[2]?.write(handshake(gateway.address));
    expect([await clients[1]?.status(), await clients[2]?.status()]).toEqual([101, 401]);

    await gateway[Symbol.asyncDispose]();

    for (const client of clients) await client.closed();
  });
});

test("a throw of serve is a 500, and the gateway continues", async () => {
  const serve = () => {
    throw new Error("a bug in the page");
  };
  await using gateway = await testGateway({ listen: { serve } });

  expect((await gateway.get("/")).status).toBe(500);
  expect(gateway.failures).toEqual(["serve: a bug in the page"]);
  expect((await gateway.get("/healthz")).status).toBe(200);
});
