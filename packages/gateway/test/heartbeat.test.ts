import { EventEmitter, once } from "node:events";
import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Heartbeat, UNKNOWN } from "../src/socket/heartbeat.ts";
import { RawClient } from "./raw-client.ts";
import { testGateway } from "./test-gateway.ts";

describe("over real sockets", () => {
  test("a client that answers no ping is pinged, then cut off, and counted no more", async () => {
    await using gateway = await testGateway({ connections: { heartbeatMs: 10 } });
    using client = await RawClient.open(gateway.address);

    const opcodes: number[] = [];
    for (let frame = await client.frame(); frame; frame = await client.frame()) opcodes.push(frame.opcode);

    const [text, ping] = [1, 9];
    expect(opcodes).toEqual([text, ping]);
    while (gateway.gateway.health().connections > 0) await turn();
  });

  describe("with a clock that the test controls", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
    afterEach(() => void vi.useRealTimers());

    test("a client that answers stays", async () => {
      await using gateway = await testGateway({ connections: { heartbeatMs: 1000 } });
      const [client, other] = [await gateway.connect(), await gateway.connect()];

      for (let pings = 0; pings < 3; pings += 1) {
        const pinged = once(client.socket, "ping");
        vi.advanceTimersByTime(1000);
        await pinged;
        // The client's answer has arrived by then, without another byte from it.
        await other.roundTrip();
      }

      await client.roundTrip();
      expect(gateway.gateway.health().connections).toBe(2);
    });

    test("a run continues when its client is cut off, and the next client gets it", async () => {
      await using gateway = await testGateway({ connections: { heartbeatMs: 1000 } });
      const client = await gateway.connect();
      client.send({ type: "message", content: "hello" });
      await client.next("user_message");
      client.socket.pause();
      while (gateway.gateway.health().connections > 0) {
        vi.advanceTimersByTime(1000);
        await turn();
      }
      client.socket.resume();
      await once(client.socket, "close");

      const next = await gateway.connect();
      next.send({ type: "resume", sessionId: next.sessionId, after: 0 });

      expect(await next.next("run_end")).toMatchObject({ outcome: "completed" });
    });
  });
});

describe("signs of life", () => {
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
    const beating = {
      stream: socket as unknown as Duplex,
      beatsAt: 0,
      came: UNKNOWN,
      ping: () => done.push("ping"),
      terminate: () => done.push("terminate"),
    };
    const heartbeat = new Heartbeat(1000);
    heartbeat.watch(beating);
    const end = () => heartbeat.forget(beating);
    // From here on, each full second ends a moment after a beat.
    vi.advanceTimersByTime(1);
    return { socket, done, end };
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

  test("nothing is asked of a socket that is forgotten", () => {
    const { end, done } = connection();

    end();
    vi.advanceTimersByTime(5000);

    expect([done, vi.getTimerCount()]).toEqual([[], 0]);
  });

  test("nothing is asked of a socket that was destroyed a moment ago", () => {
    const { socket, done } = connection();

    socket.destroyed = true;
    vi.advanceTimersByTime(5000);

    expect(done).toEqual([]);
  });
});
