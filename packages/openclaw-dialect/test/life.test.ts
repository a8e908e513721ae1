import { GatewayError } from "@mini-openclaw/gateway";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { describe, expect, test } from "vitest";
import { openClawDialect } from "../src/index.ts";
import { testGateway } from "./test-client.ts";

const send = { sessionKey: "main", message: "hi", idempotencyKey: "run-1" };

describe("a connection", () => {
  test("gets ticks at the interval that `connect` returned", async () => {
    await using gateway = await testGateway({ openClaw: { tickIntervalMs: 5 } });
    const client = await gateway.open();
    const hello = await client.connect();

    await client.event("tick", {}, 3);

    expect(hello.policy.tickIntervalMs).toBe(5);
  });

  test("gets no tick before it is connected", async () => {
    await using gateway = await testGateway({ openClaw: { tickIntervalMs: 1 } });
    const other = await gateway.connect();
    const client = await gateway.open();

    await other.event("tick", {}, 5);
    await client.connect();
    await client.event("tick");

    expect(client.frames.slice(0, 2)).toMatchObject([{ event: "connect.challenge" }, { type: "res" }]);
  });

  test("is warned before the gateway stops, and messages are refused until then", async () => {
    const agent = scriptedAgent([["So far.", { hangs: true }]]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    await client.event("chat", { state: "delta" });

    const closed = gateway.gateway.close({ drainMs: 1000 });
    const shutdown = await client.event("shutdown");
    const refused = await client.refused("chat.send", { ...send, idempotencyKey: "run-2" });
    await client.request("chat.abort", { sessionKey: "main" });
    await closed;

    expect(shutdown).toEqual({ reason: "The gateway is stopping." });
    expect(refused).toMatchObject({ code: "UNAVAILABLE", retryable: true, details: { code: "DRAINING" } });
    expect((await client.closed)[0]).toBe(1001);
  });

  test("continues a run after it was cut off, with all text so far", async () => {
    let open: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const agent = scriptedAgent([["Hel", { waits: opened }, "lo."]]);
    await using gateway = await testGateway({ agent });
    const first = await gateway.connect();
    await first.request("chat.send", send);
    await first.event("chat", { state: "delta" });
    first.socket.terminate();
    await first.closed;

    const second = await gateway.connect();
    await second.request("sessions.subscribe", {});
    const { inFlightRun } = await second.request("chat.history", { sessionKey: "main" });
    open();
    const final = await second.event("chat", { state: "final", runId: "run-1" });

    expect(inFlightRun).toMatchObject({ runId: "run-1", text: "Hel" });
    expect(final.message.content).toEqual([{ type: "text", text: "Hello." }]);
  });

  test("leaves nothing behind when its client is gone", async () => {
    const agent = scriptedAgent([["So far.", { hangs: true }]]);
    await using gateway = await testGateway({ agent, openClaw: { joinMs: 60_000, tickIntervalMs: 1 } });
    const client = await gateway.connect();
    await client.request("chat.send", send);
    const waiting = client.send("agent.wait", { runId: "run-1" });
    await client.event("chat", { state: "delta" });

    client.socket.close();
    await client.closed;
    await expect.poll(() => gateway.gateway.health().connections).toBe(0);

    expect(client.frames.filter(({ id }) => id === waiting)).toEqual([]);
    expect(gateway.failures).toEqual([]);
  });

  test("of a slow client loses no event", async () => {
    const text = "x".repeat(10_000);
    const agent = scriptedAgent([{ says: Array.from({ length: 40 }, () => text) }]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    const sender = await gateway.connect();
    await client.request("chat.history", { sessionKey: "main" });

    client.socket.pause();
    await sender.request("chat.send", send);
    await sender.event("chat", { state: "final" });
    client.socket.resume();
    const final = await client.event("chat", { state: "final" });

    expect(final.message.content[0]?.text).toHaveLength(400_000);
    const deltas = client.events("chat").flatMap(({ deltaText }) => deltaText ?? []);
    expect(deltas.join("")).toHaveLength(400_000);
  });
});

describe("openClawDialect", () => {
  test.each([
    [{ tickIntervalMs: 0 }, "`tickIntervalMs` must be an integer from 1 to 2147483647, got 0."],
    [{ joinMs: -1 }, "`joinMs` must be an integer from 0 to 2147483647, got -1."],
    [{ version: "" }, '`version` must be a string that is not empty, got "".'],
    [{ model: { provider: "", id: "m" } }, '`model.provider` must be a string that is not empty, got "".'],
    [{ model: { provider: "p", id: 1 as never } }, "`model.id` must be a string that is not empty, got 1."],
    [
      { model: { provider: "p", id: "m", contextTokens: 0 } },
      "`model.contextTokens` must be an integer of at least 1, got 0.",
    ],
    [{ model: "gpt" as never }, '`model` must be an object with `provider` and `id`, got "gpt".'],
    [{ model: null as never }, "`model` must be an object with `provider` and `id`, got null."],
    [{ model: { provider: "p", id: "m", name: "x" } as never }, "`name` is no option of `model`."],
    [{ ticks: 1 } as never, "`ticks` is no option of `openClawDialect`."],
  ])("refuses %j", (options, message) => {
    expect(() => openClawDialect(options)).toThrow(GatewayError);
    expect(() => openClawDialect(options)).toThrow(message);
  });
});
