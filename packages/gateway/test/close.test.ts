import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect as connectSocket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { GatewayServer } from "../src/index.ts";
import { EventStreamReader } from "./http-client.ts";
import { RawClient } from "./raw-client.ts";
import { echoAgent, gate, heldAgent, MemorySocket, TestClient, testGateway } from "./test-gateway.ts";

test("close while it begins to listen closes the port", async () => {
  const gateway = new GatewayServer({ store: createMemoryStore(), agent: echoAgent });
  const listening = gateway.listen({ port: 0 });

  await gateway.close();

  const { port } = await listening;
  const [error] = await once(connectSocket(port, "127.0.0.1"), "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});

test("rejects a second call of listen, even at the same moment", async () => {
  await using gateway = new GatewayServer({ store: createMemoryStore(), agent: echoAgent });

  const [first, second] = await Promise.allSettled([
    gateway.listen({ port: 0 }),
    gateway.listen({ port: 0 }),
  ]);

  expect(first).toMatchObject({ status: "fulfilled" });
  expect(second).toMatchObject({ status: "rejected", reason: { code: "INVALID_OPTION" } });
});

test("listen after close is refused with what to do", async () => {
  const gateway = new GatewayServer({ store: createMemoryStore(), agent: echoAgent });
  await gateway.close();

  await expect(gateway.listen({ port: 0 })).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message: "`listen()` must come before `close()`. Create another gateway.",
  });
});

test("a later close that is less patient is obeyed", async () => {
  const { agent, started } = heldAgent();
  const test = await testGateway({ agent });
  const client = await test.connect();
  client.send({ type: "message", content: "hello" });
  await started(1);

  const patient = test.gateway.close({ drainMs: Number.POSITIVE_INFINITY });
  await test.gateway.close({ drainMs: 0 });
  await patient;

  expect(await client.next("run_end")).toMatchObject({ outcome: "interrupted" });
  await expect(async () => test.gateway.close({ drainMs: Number.NaN })).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
});

test("a client that does not answer the close frame is cut off after a second", async () => {
  const test = await testGateway();
  using client = await RawClient.open(test.address);
  await client.frameWith('"connected"');
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());

  const closing = test.gateway.close({ drainMs: 0 });
  expect(await client.closeCode()).toBe(1001);
  await turn();
  vi.advanceTimersByTime(1000);
  await client.closed();

  await closing;
});

test("reports no failure for reads that end after the close", async () => {
  const { store, barrier } = gatedStore("getSession");
  const test = await testGateway({ store });
  const socket = new MemorySocket();
  socket.startReading();
  test.gateway.accept(socket);
  await socket.next("connected");
  barrier.close();
  socket.receive({ type: "history", sessionId: socket.sessionId });
  await barrier.reached;

  await test.gateway.close();
  await store.close();
  barrier.open();
  await turn();

  expect(test.failures).toEqual([]);
});

test("a connection that it ends is watched no longer, though its client has not answered the close", async () => {
  await using test = await testGateway();
  const socket = new SilentSocket();
  socket.startReading();
  test.gateway.accept(socket);
  await socket.next("connected");
  expect(test.gateway.health()).toMatchObject({ connections: 1, sessions: 1 });

  for (let sent = 0; sent <= 100; sent += 1) socket.receive({ type: "ping" });

  expect(test.gateway.health()).toMatchObject({ connections: 1, sessions: 0 });
});

test("beside an app too, it resolves when its clients have the last events and the close", async () => {
  const { agent, started } = heldAgent();
  const gateway = new GatewayServer({ store: createMemoryStore(), agent, onFailure: () => undefined });
  const server = createServer();
  gateway.attach(server, { path: "/claw" });
  const client = new TestClient(new WebSocket(`${(await listening(server)).replace("http", "ws")}/claw`));
  const closed = once(client.socket, "close");
  await client.next("connected");
  client.send({ type: "message", content: "hello" });
  await started(1);

  await gateway.close({ drainMs: 0 });

  expect(gateway.health()).toMatchObject({ connections: 0 });
  expect((await closed)[0]).toBe(1001);
  expect(client.types().at(-1)).toBe("run_end");
});

test("a client that does not answer the close delays it for a second, and no longer", async () => {
  const { gateway } = await testGateway();
  const socket = new SilentSocket();
  socket.startReading();
  gateway.accept(socket);
  await socket.next("connected");
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const closing = gateway.close();
  let isClosed = false;
  void closing.then(() => {
    isClosed = true;
  });

  await vi.advanceTimersByTimeAsync(999);
  const early = isClosed;
  await vi.advanceTimersByTimeAsync(1);

  await closing;
  expect(early).toBe(false);
});

describe("over HTTP", () => {
  test("a message whose body comes when it has begun to stop is refused as DRAINING", async () => {
    await using test = await testGateway();
    const { socket, answer } = await beginPost(test.address);

    const closed = test.gateway.close();
    socket.write('"hello"}');

    expect(await answer).toMatch(/HTTP\/1.1 503 [^]*"code":"DRAINING"/);
    await closed;
  });

  test("a caller whose authentication ends after the close gets DRAINING", async () => {
    let letIn = () => {};
    const [asked, ask] = gate();
    const authenticate = () => {
      ask();
      return new Promise<{ id: string }>((resolve) => {
        letIn = () => resolve({ id: "alice" });
      });
    };
    const gateway = new GatewayServer({ store: createMemoryStore(), agent: echoAgent, authenticate });
    const answer = fetch(`${await serve(gateway)}/sessions/current/events`);
    await asked;

    await gateway.close();
    letIn();

    expect(await (await answer).json()).toMatchObject({ code: "DRAINING" });
  });

  test("a stream that begins only when it has stopped ends", async () => {
    const { store, barrier } = gatedStore("loadMessages");
    const gateway = new GatewayServer({ store, agent: echoAgent });
    const { sessionId } = await store.createSession("webchat");
    const { runId, ended } = await gateway.submit({ sessionId, content: "hello" });
    await ended;
    barrier.close();
    const answer = fetch(`${await serve(gateway)}/sessions/${sessionId}/events?runId=${runId}`);
    await barrier.reached;

    await gateway.close();
    barrier.open();

    const events = await new EventStreamReader(await answer).until();
    expect(events.map(({ event }) => event)).toEqual(["draining"]);
  });
});

/** A socket that never emits `close`. */
class SilentSocket extends MemorySocket {
  override close(): void {
    // Its client has gone without a word.
  }
}

/** A store of which one method waits while the barrier is closed. */
function gatedStore(method: "getSession" | "loadMessages") {
  const store = createMemoryStore();
  const [reached, reach] = gate();
  const [opened, open] = gate();
  let isClosed = false;
  const call = store[method].bind(store) as (...parameters: unknown[]) => Promise<unknown>;
  const gated = async (...parameters: unknown[]) => {
    if (isClosed) {
      reach();
      await opened;
    }
    return call(...parameters);
  };
  const barrier = {
    /** Resolves when somebody waits at it. */
    reached,
    close: () => {
      isClosed = true;
    },
    open,
  };
  return { store: Object.assign(store, { [method]: gated }) as SessionStore, barrier };
}

/** The address of an app's server that hands its requests to the gateway. */
async function serve(gateway: GatewayServer): Promise<string> {
  return listening(createServer((request, response) => void gateway.handleRequest(request, response)));
}

/** The address of a server that listens until the test is over. */
async function listening(server: Server): Promise<string> {
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Posts a message up to the middle of its body; resolves when the gateway waits for the rest. */
async function beginPost(address: string) {
  const [host = "", port] = address.split(":");
  const socket = connectSocket(Number(port), host);
  let text = "";
  socket.on("data", (bytes) => {
    text += String(bytes);
  });
  const answer = once(socket, "end").then(() => text);
  const head = [
    "POST /sessions/current/messages HTTP/1.1",
    `Host: ${address}`,
    "Content-Type: application/json",
  ];
  socket.write([...head, "Content-Length: 19", "Expect: 100-continue", "", ""].join("\r\n"));
  await once(socket, "data");
  socket.write('{"content":');
  return { socket, answer };
}

test("close waits no longer than drainMs for a watch whose `authorize` never answers", async () => {
  const [asked, ask] = gate();
  let isStuck = false;
  const authorize = () => {
    if (!isStuck) return true;
    ask();
    return new Promise<boolean>(() => {});
  };
  const { gateway, connect } = await testGateway({ authorize });
  const client = await connect();
  const { sessionId } = client;
  isStuck = true;
  client.send({ type: "resume", sessionId });
  await asked;
  isStuck = false;
  await (await gateway.submit({ sessionId, content: "hello" })).ended;

  await gateway.close({ drainMs: 0 });

  expect(gateway.health().runs).toBe(0);
});
