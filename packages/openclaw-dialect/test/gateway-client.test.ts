// With `@openclaw/gateway-client` 2026.9.1, OpenClaw's own client, unmodified.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { GatewayClient, type GatewayClientOptions } from "@openclaw/gateway-client";
import { afterEach, describe, expect, test } from "vitest";
import { testGateway } from "./test-client.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

interface ClientEvent {
  event: string;
  payload?: { state?: string };
}

const clients: GatewayClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.stop();
});

/** Starts a client and keeps what it reports. */
function startClient(url: string, options: Partial<GatewayClientOptions> = {}) {
  const events: ClientEvent[] = [];
  const closes: { code: number; at: number }[] = [];
  const errors: (Error & { details?: unknown })[] = [];
  const gaps: unknown[] = [];
  let hellos = 0;
  const client = new GatewayClient({
    url,
    minProtocol: 4,
    maxProtocol: 4,
    onHelloOk: () => {
      hellos += 1;
    },
    onEvent: (event) => events.push(event as ClientEvent),
    onClose: (code) => closes.push({ code, at: performance.now() }),
    onConnectError: (error) => errors.push(error),
    onGap: (gap) => gaps.push(gap),
    ...options,
  });
  clients.push(client);
  client.start();
  const connected = (count = 1) => expect.poll(() => hellos).toBeGreaterThanOrEqual(count);
  const received = (event: string, state?: string) =>
    expect.poll(() => events.some((one) => one.event === event && one.payload?.state === state)).toBe(true);
  return { client, events, closes, errors, gaps, connected, received };
}

/** A network that can keep frames of the gateway back until the client sends one. */
async function silentLine(gatewayPort: number) {
  const sockets: { client: Socket; gateway: Socket }[] = [];
  const server = createServer((client) => {
    const link = { client, gateway: connect(gatewayPort, "127.0.0.1") };
    sockets.push(link);
    for (const socket of [link.client, link.gateway]) socket.on("error", () => undefined);
    link.client.pipe(link.gateway).pipe(link.client);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get count() {
      return sockets.length;
    },
    silence() {
      for (const { client, gateway } of sockets) {
        gateway.unpipe(client);
        // The end of a connection is agreed on by both sides.
        client.once("data", () => gateway.pipe(client));
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const { client, gateway } of sockets) for (const one of [client, gateway]) one.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("OpenClaw's own client", () => {
  test("connects, sends a message and gets the answer without a gap", async () => {
    await using gateway = await testGateway({ listen: { token: TOKEN } });
    const { client, gaps, connected, received } = startClient(gateway.url, { token: TOKEN });
    await connected();

    const sent = await client.request("chat.send", {
      sessionKey: "main",
      message: "hi",
      idempotencyKey: "1",
    });
    await received("chat", "final");
    const history = await client.request("chat.history", { sessionKey: "main" });

    expect(sent).toEqual({ runId: "1", status: "started" });
    expect(history).toMatchObject({ messages: [{ content: "hi" }, { content: [{ text: "You said: hi" }] }] });
    expect(gaps).toEqual([]);
  });

  test("stops with a wrong token, and reports the reason", async () => {
    await using gateway = await testGateway({ listen: { token: TOKEN } });
    const { closes, errors } = startClient(gateway.url, { token: "x".repeat(32) });

    await expect.poll(() => closes.length).toBe(1);

    expect(errors[0]?.message).toContain("unauthorized: gateway token mismatch");
    expect(errors[0]?.details).toMatchObject({ code: "AUTH_TOKEN_MISMATCH" });
  });

  test("stays connected while ticks come", async () => {
    await using gateway = await testGateway({ openClaw: { tickIntervalMs: 1000 } });
    const { events, closes, connected } = startClient(gateway.url);
    await connected();

    await expect.poll(() => events.filter(({ event }) => event === "tick").length).toBe(3);

    expect(closes).toEqual([]);
  });

  test("closes with 4000 when ticks stop, and is back", async () => {
    await using gateway = await testGateway({
      openClaw: { tickIntervalMs: 500 },
      // The line has a port of its own.
      allowedHosts: [() => true],
    });
    await using line = await silentLine(Number(new URL(gateway.url).port));
    const { client, closes, connected } = startClient(line.url);
    await connected();

    line.silence();
    await expect.poll(() => closes.map(({ code }) => code), { timeout: 20_000 }).toContain(4000);
    await expect.poll(() => line.count, { timeout: 20_000 }).toBe(2);
    await connected(2);

    expect(await client.request("health", {})).toMatchObject({ ok: true });
  });

  test("is warned of the stop, and connects to the next gateway", async () => {
    const agent = scriptedAgent(["Hello."]);
    const first = await testGateway({ agent });
    const port = Number(new URL(first.url).port);
    const { client, connected, received } = startClient(first.url);
    await connected();

    await first[Symbol.asyncDispose]();
    await received("shutdown");
    await using second = await testGateway({ agent, listen: { port } });
    await connected(2);

    expect(second.url).toBe(first.url);
    expect(await client.request("health", {})).toMatchObject({ ok: true });
  });

  test("tries again while the app's `authenticate` fails", async () => {
    await using gateway = await testGateway({ authenticate: failTwice() });
    const { connected, errors } = startClient(gateway.url, { token: "any" });

    await connected();

    expect(errors).toEqual([]);
  });
});

/** Returns an `authenticate` that fails for the first two clients. */
function failTwice() {
  let count = 0;
  return () => {
    count += 1;
    if (count <= 2) throw new Error("no database");
    return { id: "alice" };
  };
}
