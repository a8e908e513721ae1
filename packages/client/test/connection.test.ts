import { describe, expect, test } from "vitest";
import { testConnection } from "./fake-socket.ts";

test("is open when the gateway has greeted, and hands over what it says then", () => {
  const it = testConnection();
  expect([it.phase, it.connection.transmit({ type: "ping" })]).toEqual(["connecting", false]);

  it.socket.greet();
  it.socket.receive({ type: "pong" });

  expect([it.phase, it.connection.transmit({ type: "ping" })]).toEqual(["open", true]);
  expect(it.heard).toEqual(["connected s", "pong"]);
  expect(it.socket.sent).toEqual([{ type: "ping" }]);
});

// row 33.b
test.each(["close", "error"] as const)(
  "connects again after a pause when the socket tells of its %s",
  (way) => {
    const it = testConnection();
    it.socket.greet();
    it.socket.tell(way);
    expect(it.connection.state.value).toEqual({
      phase: "waiting",
      attempt: 1,
      retryAt: it.clock.now() + 500,
    });

    it.clock.advance(500);
    it.socket.greet("again");

    expect(it.sockets.length).toBe(2);
    expect(it.heard).toEqual(["connected s", "lost", "connected again"]);
  },
);

test("gives up a connection on which the gateway does not greet in time", () => {
  const it = testConnection();
  it.clock.advance(9_999);
  expect(it.phase).toBe("connecting");
  it.clock.advance(1);

  expect([it.phase, it.socket.isClosed]).toEqual(["waiting", true]);
});

test("asks a silent connection whether it lives, and leaves a dead one at once", () => {
  const it = testConnection();
  it.socket.greet();
  it.clock.advance(25_000);
  expect(it.socket.sent).toEqual([{ type: "ping" }]);
  it.socket.receive({ type: "pong" });
  it.clock.advance(35_000);
  expect([it.phase, it.socket.sent.length]).toEqual(["open", 2]);

  it.clock.advance(10_000);

  expect([it.phase, it.socket.isClosed]).toEqual(["waiting", true]);
});

test("takes any frame for a sign of life", () => {
  const it = testConnection();
  it.socket.greet();
  for (let count = 0; count < 20; count += 1) {
    it.clock.advance(9_000);
    it.socket.receive({ type: "draining" });
  }

  expect(it.phase).toBe("open");
});

test("waits for a long message that goes before the ping as long as it moves", () => {
  const it = testConnection();
  it.socket.greet();
  it.socket.bufferedAmount = 1_000_000;
  it.clock.advance(25_000);
  it.socket.bufferedAmount = 500_000;
  it.clock.advance(10_000);
  expect(it.phase).toBe("open");

  it.clock.advance(10_000);

  expect(it.phase).toBe("waiting");
});

test("does not listen to a socket that it left", () => {
  const it = testConnection();
  const { socket } = it;
  socket.greet();
  it.connection.drop();
  socket.receive({ type: "pong" });
  socket.greet();
  socket.tell("close");

  expect(it.heard).toEqual(["connected s", "lost"]);
  expect(it.connection.state.value).toMatchObject({ phase: "waiting", attempt: 1 });
});

test("connects at once when it is told to, and only when it waits", () => {
  const it = testConnection();
  it.connection.retryNow();
  expect(it.sockets.length).toBe(1);
  it.socket.tell("close");
  it.connection.retryNow();
  it.clock.advance(9_000);

  expect([it.sockets.length, it.phase]).toEqual([2, "connecting"]);
});

describe("mayRetry", () => {
  test("holds a connection that could not be made, until it is told to try", async () => {
    const it = testConnection({ mayRetry: () => false });
    it.socket.tell("close");
    await Promise.resolve();
    expect(it.phase).toBe("held");
    it.clock.advance(60_000);
    expect(it.sockets.length).toBe(1);

    it.connection.retryNow();

    expect(it.phase).toBe("connecting");
  });

  test("is not asked about one that was open", async () => {
    const it = testConnection({ mayRetry: () => false });
    it.socket.greet();
    it.socket.tell("close");
    await Promise.resolve();

    expect(it.phase).toBe("waiting");
  });

  test("does not hold an attempt that was made meanwhile", async () => {
    let answer = (_may: boolean) => {};
    const it = testConnection({ mayRetry: () => new Promise((resolve) => (answer = resolve)) });
    it.socket.tell("close");
    it.clock.advance(500);
    answer(false);
    await Promise.resolve();

    expect(it.phase).toBe("connecting");
  });
});

test("closes for good", () => {
  const it = testConnection();
  it.socket.greet();
  it.connection.close();
  it.connection.retryNow();
  it.clock.advance(60_000);

  expect([it.phase, it.sockets.length, it.socket.isClosed]).toEqual(["closed", 1, true]);
  expect(it.connection.transmit({ type: "ping" })).toBe(false);
});

test("tells of a frame that is not the protocol, and ignores one that it does not know", () => {
  const it = testConnection();
  it.socket.receive('{"type":"chunk","seq":1}');
  it.socket.receive('{"type":"a newer one"}');

  expect(it.heard).toEqual([
    "INVALID_FRAME: a frame of the gateway: chunk: runId is missing or not what it may be",
  ]);
});
