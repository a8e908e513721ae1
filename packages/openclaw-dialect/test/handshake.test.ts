import { describe, expect, test } from "vitest";
import { testGateway } from "./test-client.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

describe("the handshake", () => {
  test("begins with a challenge and answers `connect` with hello-ok", async () => {
    await using gateway = await testGateway();
    const client = await gateway.open();

    const challenge = await client.event("connect.challenge");
    const hello = await client.connect({ role: "operator", scopes: ["operator.read"] });

    expect(challenge).toEqual({ nonce: expect.stringMatching(/^[\da-f-]{36}$/), ts: expect.any(Number) });
    expect(hello).toMatchObject({
      type: "hello-ok",
      protocol: 4,
      server: { version: "mini-openclaw" },
      auth: { role: "operator", scopes: ["operator.read"] },
      policy: { maxPayload: 8_388_608, tickIntervalMs: 30_000 },
    });
    expect(hello.features.methods).toEqual(expect.arrayContaining(["connect", "chat.send", "agent"]));
  });

  test.each([
    ["token", { token: TOKEN }],
    ["password", { password: TOKEN }],
  ])("lets in a client with the right %s", async (_name, auth) => {
    await using gateway = await testGateway({ listen: { token: TOKEN } });

    const client = await gateway.connect({ auth });

    expect(await client.request("health")).toMatchObject({ ok: true });
  });

  test.each([
    ["a wrong token", { auth: { token: "x".repeat(32) } }, "AUTH_TOKEN_MISMATCH", "token_mismatch"],
    ["no token", {}, "AUTH_TOKEN_MISSING", "token_missing"],
  ])("refuses %s so that the client does not try again", async (_what, params, code, authReason) => {
    await using gateway = await testGateway({ listen: { token: TOKEN } });
    const client = await gateway.open();

    const error = await client.refused("connect", params);

    expect(error).toMatchObject({ code: "INVALID_REQUEST", details: { code, authReason } });
    expect((await client.closed)[0]).toBe(1008);
  });

  test("makes a client wait after too many wrong tokens", async () => {
    await using gateway = await testGateway({ listen: { token: TOKEN } });
    for (let count = 0; count < 10; count += 1) {
      const client = await gateway.open();
      await client.refused("connect", { auth: { token: `${count}` } });
    }
    const client = await gateway.open();

    const error = await client.refused("connect", { auth: { token: "once more" } });

    expect(error).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      retryAfterMs: expect.any(Number),
      details: { reason: "startup-sidecars" },
    });
    expect((await client.closed)[0]).toBe(1013);
  });

  test("makes a client wait when the app's `authenticate` fails", async () => {
    const authenticate = () => Promise.reject(new Error("no database"));
    await using gateway = await testGateway({ authenticate });
    const client = await gateway.open();

    const error = await client.refused("connect", { auth: { token: "any" } });

    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, retryAfterMs: 1000 });
    expect((await client.closed)[0]).toBe(1013);
  });

  test("passes the token to the app's `authenticate`", async () => {
    await using gateway = await testGateway({
      authenticate: (_request, token) => (token === undefined ? null : { id: token }),
    });

    const alice = await gateway.connect({ auth: { token: "alice" } });
    const bob = await gateway.connect({ auth: { token: "bob" } });
    await alice.request("chat.send", { sessionKey: "main", message: "hi", idempotencyKey: "1" });
    await alice.event("chat", { state: "final" });

    expect((await alice.request("sessions.list")).sessions).toHaveLength(1);
    expect((await bob.request("sessions.list")).sessions).toEqual([]);
  });

  test("refuses a client of other versions", async () => {
    await using gateway = await testGateway();
    const client = await gateway.open();

    const error = await client.refused("connect", { minProtocol: 5, maxProtocol: 6 });

    expect(error.details).toEqual({
      code: "PROTOCOL_MISMATCH",
      clientMinProtocol: 5,
      clientMaxProtocol: 6,
      expectedProtocol: 4,
    });
    expect((await client.closed)[0]).toBe(1002);
  });

  test("accepts a client whose versions include ours", async () => {
    await using gateway = await testGateway();
    const client = await gateway.open();

    expect(await client.connect({ minProtocol: 3, maxProtocol: 9 })).toMatchObject({ protocol: 4 });
  });

  test.each([
    ["another request", JSON.stringify({ type: "req", id: "x", method: "health" })],
    ["text that is not JSON", "hello"],
  ])("closes the connection of a client that sends %s first", async (_what, frame) => {
    await using gateway = await testGateway();
    const client = await gateway.open();

    client.socket.send(frame);
    const { error } = await client.until(({ type }) => type === "res");

    expect(error?.message).toBe("invalid handshake: first request must be connect");
    expect((await client.closed)[0]).toBe(1008);
    expect(gateway.gateway.health().connections).toBe(0);
  });

  test("takes an empty token for none, so that the client stops", async () => {
    await using gateway = await testGateway({ listen: { token: "t".repeat(32) } });
    const client = await gateway.open();

    const error = await client.refused("connect", { auth: { token: "" } });

    expect(error.details).toMatchObject({ code: "AUTH_TOKEN_MISSING" });
  });

  test("names a wrong field of `connect`", async () => {
    await using gateway = await testGateway();
    const client = await gateway.open();

    const error = await client.refused("connect", { minProtocol: "4" });

    expect(error.message).toBe(
      'invalid connect params: `minProtocol` must be an integer of at least 1, got "4".',
    );
    expect((await client.closed)[0]).toBe(1008);
  });

  test("accepts a large `connect`, as clients with many capabilities send it", async () => {
    await using gateway = await testGateway();
    const client = await gateway.open();

    expect(await client.connect({ caps: ["x".repeat(60_000)] })).toMatchObject({ protocol: 4 });
  });
});

describe("a frame after the handshake", () => {
  test("is refused if it is binary", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.socket.send(Buffer.from("{}"));
    const { error } = await client.until(({ id }) => id === "invalid");

    expect(error).toMatchObject({
      code: "INVALID_REQUEST",
      message: "A frame must be text, got a binary frame.",
    });
  });

  test.each([
    ["no JSON", "hello", "invalid", "A frame must be a JSON object."],
    ["a list", "[]", "invalid", "A frame must be a JSON object."],
    ["no id", '{"type":"req"}', "invalid", "invalid request frame: `id` must be a text"],
    ["another type", '{"type":"res","id":"7"}', "7", 'invalid request frame: `type` must be "req"'],
    ["no method", '{"type":"req","id":"7"}', "7", "invalid request frame: `method` must be a text"],
    [
      "params that are a list",
      '{"type":"req","id":"7","method":"health","params":[]}',
      "7",
      "invalid request frame: `params` must be an object, got an array.",
    ],
    ["an unknown method", '{"type":"req","id":"7","method":"no.such"}', "7", "unknown method: no.such"],
    [
      "a method of all objects",
      '{"type":"req","id":"7","method":"toString"}',
      "7",
      "unknown method: toString",
    ],
    [
      "a second connect",
      '{"type":"req","id":"7","method":"connect"}',
      "7",
      "`connect` must be the first request, and is sent once.",
    ],
  ])("is refused with %s, and the connection stays open", async (_what, frame, id, message) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();

    client.socket.send(frame);
    const { error } = await client.until((one) => one.id === id && one.ok === false);

    expect(error).toMatchObject({ code: "INVALID_REQUEST", message: expect.stringContaining(message) });
    expect(await client.request("agents.list")).toMatchObject({ defaultId: "main" });
  });
});
