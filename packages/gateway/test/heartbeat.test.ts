import { EventEmitter, once } from "node:events";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keepAlive } from "../src/heartbeat.ts";
import type { GatewayServer } from "../src/index.ts";
import { RawClient } from "./raw-client.ts";
import { testGateway } from "./test-gateway.ts";

/** Over real sockets it is a matter of turns of the event loop until the gateway has noticed. */
async function connectionsAre(gateway: { gateway: GatewayServer }, count: number): Promise<void> {
  while (gateway.gateway.health().connections !== count) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("over real sockets", () => {
  test("a client that answers no ping is pinged, then cut off, and counted no more", async () => {
    await using gateway = await testGateway({ connections: { heartbeatMs: 10 } });
    using client = await RawClient.open(gateway.address);

    const opcodes: number[] = [];
    for (let frame = await client.frame(); frame; frame = await client.frame()) opcodes.push(frame.opcode);

    const [text, ping] = [1, 9];
    expect(opcodes).toEqual([text, ping]);
    await connectionsAre(gateway, 0);
  });

  test("a client that answers stays", async () => {
    await using gateway = await testGateway({ connections: { heartbeatMs: 200 } });
    const client = await gateway.connect();

    for (let pings = 0; pings < 3; pings += 1) await once(client.socket, "ping");

    await client.roundTrip();
    expect(gateway.gateway.health().connections).toBe(1);
  });

  test("a run goes on when its client is cut off, and is there for the next one", async () => {
    await using gateway = await testGateway({ connections: { heartbeatMs: 100 } });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hello" });
    await client.next("user_message");
    client.socket.pause();
    await connectionsAre(gateway, 0);
    client.socket.resume();
    await once(client.socket, "close");

    const next = await gateway.connect();
    next.send({ type: "resume", sessionId: next.sessionId, after: 0 });

    expect(await next.next("run_end")).toMatchObject({ outcome: "completed" });
  });
});

describe("what counts as a sign of life", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A socket and its WebSocket, with what was done to them. */
  function connection() {
    const socket = Object.assign(new EventEmitter(), {
      bytesWritten: 0,
      writableLength: 0,
      destroyed: false,
    });
    const done: string[] = [];
    const webSocket = { ping: () => done.push("ping"), terminate: () => done.push("terminate") };
    keepAlive(webSocket, socket as unknown as Duplex, 1000);
    // From here on, each full second ends a moment after a beat.
    vi.advanceTimersByTime(1);
    return { socket, done };
  }

  test("any byte, such as one in the middle of a large frame", () => {
    const { socket, done } = connection();

    for (let beat = 0; beat < 3; beat += 1) {
      vi.advanceTimersByTime(1000);
      socket.emit("data", Buffer.from("x"));
    }
    vi.advanceTimersByTime(2000);

    expect(done).toEqual(["ping", "ping", "ping", "ping", "terminate"]);
  });

  test("frames that a slow reader takes one by one", () => {
    const { socket, done } = connection();
    socket.bytesWritten = 3_000_000;
    socket.writableLength = 3_000_000;

    for (let beat = 0; beat < 3; beat += 1) {
      vi.advanceTimersByTime(1000);
      socket.writableLength -= 100_000;
    }
    vi.advanceTimersByTime(2000);

    expect(done).toEqual(["ping", "ping", "ping", "ping", "terminate"]);
  });

  test("not what the system takes over for a client that is gone", () => {
    const { socket, done } = connection();

    vi.advanceTimersByTime(1000);
    socket.bytesWritten += 100_000;
    vi.advanceTimersByTime(1000);

    expect(done).toEqual(["ping", "terminate"]);
  });

  test("nothing is asked of a socket that is closed", () => {
    const { socket, done } = connection();

    socket.emit("close");
    vi.advanceTimersByTime(5000);

    expect([done, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
