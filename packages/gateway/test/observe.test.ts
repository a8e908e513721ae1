import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { EventEmitter, once } from "node:events";
import { Writable } from "node:stream";
import { runInNewContext } from "node:vm";
import type { AgentRunner } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { pino } from "pino";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Logger } from "../src/index.ts";
import { cleanFields } from "../src/observe/clean-fields.ts";
import { GatewayLog } from "../src/observe/gateway-log.ts";
import { scriptedAgent } from "../src/testing.ts";
import { heldAgent, refusal, testGateway } from "./test-gateway.ts";

const token = "s3cret".repeat(8);

/** Keeps what is logged, as `level message`, and the fields. */
function keepingLogger() {
  const lines: [line: string, fields: Record<string, unknown>][] = [];
  const changed = new EventEmitter();
  const keep = (level: string) => (fields: object, message: string) => {
    lines.push([`${level} ${message}`, { ...fields }]);
    changed.emit("change");
  };
  const logger: Logger = {
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
  const logged = async (line: string) => {
    while (!lines.some(([one]) => one === line)) await once(changed, "change");
  };
  return { logger, lines, logged };
}

const failingAgent: AgentRunner = scriptedAgent(
  Array(20).fill({ throws: new Error(`refused: Authorization: Bearer ${token}`) }),
);

describe("the log", () => {
  test("records the life of a gateway, its connections and its runs, and no text of a message", async () => {
    const { logger, lines, logged } = keepingLogger();
    const { agent, started, release } = heldAgent();
    const gateway = await testGateway({
      agent,
      logger,
      logsFailures: true,
      authenticate: () => ({ id: "alice" }),
    });
    const client = await gateway.connect();
    client.send({ type: "message", content: "my diary" });
    await started(1);
    client.send("nonsense");
    await client.next("error");
    release();
    await client.next("run_end");
    await client.close();
    await logged("debug connection closed");
    await gateway[Symbol.asyncDispose]();

    const { sessionId } = client;
    const runId = expect.any(String);
    expect(lines).toEqual([
      ["info listening", { host: "127.0.0.1", port: expect.any(Number) }],
      ["debug connection opened", { principalId: "alice" }],
      ["debug run started", { sessionId, runId }],
      [
        "debug frame refused",
        { code: "INVALID_FRAME", reason: "A frame must be a JSON object, got text that is not JSON." },
      ],
      ["debug run ended", expect.objectContaining({ sessionId, runId, outcome: "completed" })],
      ["debug connection closed", { principalId: "alice" }],
      ["info stopping", { runs: 0 }],
      ["info stopped", {}],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/diary|thinking/);
  });

  test("names who is refused, and never their token", async () => {
    const { logger, lines } = keepingLogger();
    await using gateway = await testGateway({ logger, listen: { token } });

    await refusal(`ws://${gateway.address}/`, { authorization: "Bearer a-wrong-token" });
    await gateway.get("/sessions", { headers: { cookie: "mini_openclaw=stolen" } });
    await gateway.get("/sessions", { headers: { origin: "https://evil.example" } });

    expect(lines.slice(1)).toEqual([
      ["warn upgrade refused", { status: 401, reason: expect.any(String), address: "127.0.0.1" }],
      ["warn request refused", { status: 401, reason: expect.any(String), address: "127.0.0.1" }],
      [
        "warn request refused",
        { status: 403, reason: expect.stringContaining("evil"), address: "127.0.0.1" },
      ],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/a-wrong-token|stolen/);
  });

  test("takes pino as it is: a failure is one line of JSON, with its stack and without its secret", async () => {
    let output = "";
    const sink = new Writable({
      write(chunk, _encoding, done) {
        output += String(chunk);
        done();
      },
    });
    await using gateway = await testGateway({
      agent: failingAgent,
      logger: pino({ level: "warn" }, sink),
      logsFailures: true,
      listen: { token },
    });
    const client = await gateway.connect({ authorization: `Bearer ${token}` });
    client.send({ type: "message", content: "hello" });
    await client.next("run_end");

    const [line, ...others] = output.trim().split("\n");
    expect(others).toEqual([]);
    expect(JSON.parse(line ?? "")).toMatchObject({
      level: 50,
      msg: "failed",
      during: expect.stringMatching(/^run /),
      err: {
        type: "Error",
        message: "refused: Authorization: Bearer [redacted]",
        stack: expect.stringContaining("\n    at "),
      },
    });
    expect(output).not.toContain(token);
  });

  test("without a logger, failures are printed to standard error", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
    onTestFinished(() => printed.mockRestore());
    await using gateway = await testGateway({ agent: failingAgent, logsFailures: true });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });
    await client.next("run_end");

    expect(printed.mock.calls).toEqual([
      [expect.stringMatching(/^\[gateway\] failed during=run /), expect.stringContaining("refused:")],
    ]);
    expect(String(printed.mock.calls)).not.toContain(token);
  });

  test("writes ten lines of a kind in ten seconds, then the number that it left out", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { logger, lines } = keepingLogger();
    const log = new GatewayLog(logger);

    for (let index = 0; index < 25; index += 1) log.write("warn", "upgrade refused", { index });
    log.write("warn", "connection cut off");
    vi.advanceTimersByTime(10_000);
    log.write("warn", "upgrade refused", { index: 25 });

    expect(lines.map(([line]) => line)).toEqual([
      ...Array<string>(10).fill("warn upgrade refused"),
      "warn connection cut off",
      "warn lines like the last ones were left out",
      "warn upgrade refused",
    ]);
    expect(lines[11]?.[1]).toEqual({ of: "upgrade refused", leftOut: 15 });
  });

  test("a logger that throws affects nothing else", async () => {
    const broken = () => {
      throw new Error("disk full");
    };
    const logger: Logger = { debug: broken, info: broken, warn: broken, error: broken };
    await using gateway = await testGateway({ logger });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });

    expect(await client.next("message_done")).toMatchObject({ content: "hello" });
  });

  test("an onFailure that throws affects nothing else, and the log has both failures", async () => {
    const { logger, lines } = keepingLogger();
    const onFailure = () => {
      throw new Error("a hook's bug");
    };
    await using gateway = await testGateway({ agent: failingAgent, logger, onFailure });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });

    expect(await client.next("run_end")).toMatchObject({ outcome: "failed" });
    await client.roundTrip();
    expect(lines.filter(([line]) => line === "error failed").map(([, { during }]) => during)).toEqual([
      expect.stringMatching(/^run /),
      "onFailure",
    ]);
  });

  test("a field of an error that cannot be read is named, and affects nothing else", async () => {
    const { logger, lines } = keepingLogger();
    const unreadable = Object.defineProperty(new Error("x"), "detail", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    const agent: AgentRunner = scriptedAgent([{ throws: unreadable as Error }]);
    await using gateway = await testGateway({ agent, logger, logsFailures: true });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });

    expect(await client.next("run_end")).toMatchObject({ outcome: "failed" });
    expect(lines).toContainEqual([
      "error failed",
      expect.objectContaining({ err: expect.objectContaining({ message: "x", detail: "[unreadable]" }) }),
    ]);
  });
});

test.each<[string, unknown, object]>([
  ["of another realm", runInNewContext("new TypeError('no')"), { name: "TypeError", message: "no" }],
  ["without a stack", Object.assign(new Error("no"), { stack: undefined }), { stack: "Error: no" }],
  ["with a stack of another type", Object.assign(new Error("no"), { stack: [5] }), { stack: "Error: no" }],
  ["with a name of another type", Object.assign(new Error("no"), { name: 5 }), { name: "5", message: "no" }],
  ["with a message of another type", Object.assign(new Error(), { message: {} }), { message: "an object" }],
])("an error %s is written", (_what, err, fields) => {
  expect(cleanFields({ err })["err"]).toBeInstanceOf(Error);
  expect(cleanFields({ err })["err"]).toMatchObject(fields);
});

test("what throws when it is looked at is written as unreadable", () => {
  const ownKeys = () => {
    throw new Error("no");
  };

  expect(cleanFields({ during: "a run", err: new Proxy({}, { ownKeys }) })).toEqual({
    during: "a run",
    err: "[unreadable]",
  });
});

test.each([
  [
    {
      token: "t",
      accessToken: "t",
      authorization: "b",
      "set-cookie": "c",
      apiKey: "k",
      api_key: "k",
      password: "p",
    },
  ],
  [{ headers: { Authorization: "Bearer abc", cookie: "mini_openclaw_0badc0de=abc" } }],
  [{ text: "Authorization: Bearer abc" }],
  [{ text: "sec-websocket-protocol: mini-openclaw, bearer.abc" }],
  [{ text: "Cookie: a=b; mini_openclaw_0badc0de=abc; c=d" }],
  [{ err: new Error("no: Bearer abc", { cause: { token: "abc" } }) }],
  [{ deep: [{ list: [`x${token}y`] }] }],
])("no secret is left in %j", (fields) => {
  expect(JSON.stringify(cleanFields(fields, [token]))).not.toMatch(/abc|s3cret|"[tbckp]"/);
});

test("escapes control characters and limits the length of fields", () => {
  const round: Record<string, unknown> = {};
  round["self"] = round;
  const cleaned = cleanFields({
    origin: "a\r\nfake line\u001b[31m\u2028\u0085",
    backwards: "txt.\u202eexe\u2066\u200f",
    long: "x".repeat(5000),
    many: Array.from({ length: 100 }, (_, index) => index),
    round,
    count: 7,
    tokens: { inputTokens: 5 },
  });

  expect(cleaned).toMatchObject({
    origin: "a\\u000d\\u000afake line\\u001b[31m\\u2028\\u0085",
    backwards: "txt.\\u202eexe\\u2066\\u200f",
    count: 7,
    tokens: { inputTokens: 5 },
  });
  expect(String(cleaned["long"])).toHaveLength(2001);
  expect(cleaned["many"]).toHaveLength(20);
  expect(JSON.stringify(cleaned["round"]).length).toBeLessThan(100);
});

describe("node:diagnostics_channel", () => {
  function collect(name: string) {
    const messages: { gateway: unknown }[] = [];
    const changed = new EventEmitter();
    const listener = (message: unknown) => {
      messages.push(message as { gateway: unknown });
      changed.emit("change");
    };
    subscribe(name, listener);
    onTestFinished(() => void unsubscribe(name, listener));
    /** The messages of a gateway, when there are this many. */
    return async (gateway: object, count: number) => {
      for (;;) {
        const own = messages.filter((message) => message.gateway === gateway);
        if (own.length >= count) return own;
        await once(changed, "change");
      }
    };
  }

  test("carries connections, runs, refusals and failures to every subscriber", async () => {
    const connections = collect("mini-openclaw:gateway:connection");
    const runs = collect("mini-openclaw:gateway:run");
    const refusals = collect("mini-openclaw:gateway:refusal");
    const failures = collect("mini-openclaw:gateway:failure");
    const test = await testGateway({ agent: failingAgent });
    const { gateway } = test;
    const client = await test.connect();
    client.send({ type: "message", content: "hello" });
    await client.next("run_end");
    client.send({ type: "abort", sessionId: "nobody" });
    await client.next("error");
    await refusal(`ws://${test.address}/elsewhere`);
    await test[Symbol.asyncDispose]();

    const { sessionId } = client;
    const runId = expect.any(String);
    expect(await connections(gateway, 2)).toEqual([
      { gateway, phase: "open", principalId: undefined },
      { gateway, phase: "close", principalId: undefined },
    ]);
    expect(await runs(gateway, 2)).toEqual([
      { gateway, phase: "start", sessionId, runId },
      {
        ...{ gateway, phase: "end", sessionId, runId, outcome: "failed", costUsd: undefined },
        usage: noUsage,
        durationMs: expect.any(Number),
        firstChunkMs: undefined,
      },
    ]);
    expect(await refusals(gateway, 2)).toEqual([
      { gateway, of: "frame", code: "SESSION_NOT_FOUND" },
      { gateway, of: "upgrade", status: 404, reason: expect.any(String) },
    ]);
    expect(await failures(gateway, 1)).toEqual([
      { gateway, error: expect.any(Error), during: expect.stringMatching(/^run /) },
    ]);
  });
});
