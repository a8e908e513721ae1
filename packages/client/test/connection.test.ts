import { describe, expect, test, vi } from "vitest";
import { systemClock } from "../src/lib/runtime.ts";
import { testConnection } from "./fake-socket.ts";

test("opens when the gateway greets, and emits its frames then", () => {
  const it = testConnection();
  it.connection.transmit({ type: "ping" });
  expect([it.phase, it.socket.sent]).toEqual(["connecting", []]);

  it.socket.greet();
  it.socket.receive({ type: "pong" });

  it.connection.transmit({ type: "ping" });
  expect(it.phase).toBe("open");
  expect(it.heard).toEqual(["connected s", "pong"]);
  expect(it.socket.sent).toEqual([{ type: "ping" }]);
});

test.each(["close", "error"] as const)("reconnects after a pause when the socket emits %s", (way) => {
  const it = testConnection();
  it.socket.greet();
  it.socket.tell(way);
  expect(it.connection.state.value).toMatchObject({
    phase: "waiting",
    attempt: 1,
    retryAt: it.clock.now() + 100,
  });

  it.clock.advance(100);
  it.socket.greet("again");

  expect(it.sockets.length).toBe(2);
  expect(it.heard).toEqual(["connected s", "lost", "connected again"]);
});

test("leaves a connection on which the gateway does not greet in time", () => {
  const it = testConnection();
  it.clock.advance(9_999);
  expect(it.phase).toBe("connecting");
  it.clock.advance(1);

  expect([it.phase, it.socket.isClosed]).toEqual(["waiting", true]);
});

test("pings a silent connection and leaves a dead one at once", () => {
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

test("counts any frame as a sign of life", () => {
  const it = testConnection();
  it.socket.greet();
  for (let count = 0; count < 20; count += 1) {
    it.clock.advance(9_000);
    it.socket.receive({ type: "draining" });
  }

  expect(it.phase).toBe("open");
});

test("waits while a long message before the ping makes progress", () => {
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

test("ignores a socket that it has left", () => {
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

test("connects at once on retryNow(), but only if it waits", () => {
  const it = testConnection();
  it.connection.retryNow();
  expect(it.sockets.length).toBe(1);
  it.socket.tell("close");
  it.connection.retryNow();
  it.clock.advance(9_000);

  expect([it.sockets.length, it.phase]).toEqual([2, "connecting"]);
});

describe("mayRetry", () => {
  test("holds a connection that could not be made until retryNow()", async () => {
    const it = testConnection({ mayRetry: () => false });
    it.socket.tell("close");
    await Promise.resolve();
    expect(it.phase).toBe("held");
    it.clock.advance(60_000);
    expect(it.sockets.length).toBe(1);

    it.connection.retryNow();

    expect(it.phase).toBe("connecting");
  });

  test("is not called after an open connection was lost", async () => {
    const it = testConnection({ mayRetry: () => false });
    it.socket.greet();
    it.socket.tell("close");
    await Promise.resolve();

    expect(it.phase).toBe("waiting");
  });

  test("does not hold an attempt that started meanwhile", async () => {
    let answer = (_may: boolean) => {};
    const it = testConnection({ mayRetry: () => new Promise((resolve) => (answer = resolve)) });
    it.socket.tell("close");
    it.clock.advance(100);
    answer(false);
    await Promise.resolve();

    expect(it.phase).toBe("connecting");
  });
});

test.each([
  [
    4401,
    "that is not the token",
    "UNAUTHORIZED",
    "close code 4401 that is not the token. Pass another `token`.",
  ],
  [1002, "", "REFUSED", "close code 1002 "],
  [1007, "", "REFUSED", "close code 1007 "],
  [1008, "too many frames at once", "REFUSED", "close code 1008 too many frames at once"],
  [1009, "", "REFUSED", "close code 1009 "],
])("does not reconnect by itself after close code %i %s", (code, reason, errorCode, message) => {
  const it = testConnection();
  it.socket.end(code, reason);

  expect(it.connection.state.value).toMatchObject({ phase: "held", error: { code: errorCode, message } });
  it.clock.advance(60_000);
  expect(it.sockets.length).toBe(1);
  it.connection.retryNow();
  it.socket.greet();
  it.clock.advance(24_000);
  expect([it.sockets.length, it.phase]).toEqual([2, "open"]);
});

test.each([1000, 1001, 1005, 1006, 1011, 1012, 4408])("reconnects after close code %i", (code) => {
  const it = testConnection();
  it.socket.end(code);

  expect(it.phase).toBe("waiting");
});

test("neither calls mayRetry nor pings after an open connection was refused", () => {
  const it = testConnection({ mayRetry: () => Promise.reject(new Error("was asked")) });
  it.socket.greet();
  it.socket.end(1008, "too many frames at once");
  it.clock.advance(60_000);

  expect([it.phase, it.socket.sent, it.heard]).toEqual(["held", [], ["connected s", "lost"]]);
});

describe("a token", () => {
  test("is sent as the first frame, not in the address", () => {
    const it = testConnection({ token: "s3cret" });
    expect([it.socket.url, it.socket.sent]).toEqual(["ws://gateway.example/?auth=frame", []]);

    it.socket.tell("open");

    expect(it.socket.sent).toEqual([{ type: "auth", token: "s3cret" }]);
  });

  test("is requested before each connection", async () => {
    let count = 0;
    const it = testConnection({ token: async () => `token ${(count += 1)}` });
    expect([it.phase, it.sockets.length]).toEqual(["connecting", 0]);
    await settled();
    it.socket.tell("open");
    it.socket.tell("close");
    it.clock.advance(100);
    await settled();
    it.socket.tell("open");

    expect(it.sockets.map(({ sent }) => sent)).toEqual([
      [{ type: "auth", token: "token 1" }],
      [{ type: "auth", token: "token 2" }],
    ]);
  });

  test("is requested again after a pause if its function fails", async () => {
    const it = testConnection({ token: () => Promise.reject(new Error("offline")) });
    await settled();

    expect([it.phase, it.sockets, it.heard]).toEqual(["waiting", [], ["TOKEN_FAILED: token: offline"]]);
  });

  test("opens nothing if it arrives too late or after close()", async () => {
    const give: ((token: string) => void)[] = [];
    const it = testConnection({ token: () => new Promise((resolve) => void give.push(resolve)) });
    it.clock.advance(10_000);
    expect(it.phase).toBe("waiting");
    it.connection.retryNow();
    it.connection.close();
    for (const resolve of give) resolve("late");
    await settled();

    expect([it.phase, give.length, it.sockets]).toEqual(["closed", 2, []]);
  });
});

test("stays closed", () => {
  const it = testConnection();
  it.socket.greet();
  it.connection.close();
  it.connection.retryNow();
  it.clock.advance(60_000);

  expect([it.phase, it.sockets.length, it.socket.isClosed]).toEqual(["closed", 1, true]);
  it.connection.transmit({ type: "ping" });
  expect(it.socket.sent).toEqual([]);
});

test("reports an invalid frame and ignores an unknown event", () => {
  const it = testConnection();
  it.socket.receive('{"type":"chunk","seq":1,"sessionId":"s"}');
  it.socket.receive('{"type":"a newer one","seq":1}');

  expect(it.heard).toEqual(["INVALID_FRAME: frame: chunk: runId is wrong."]);
});

/** Resolves when the promises that wait only for each other have. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

test.each([Number.POSITIVE_INFINITY, Number.NaN, 2 ** 31])(
  "a time of %s ms is as long as a timer can wait, and no flood of pings",
  (delayMs) => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    systemClock.after(delayMs, () => expect.fail("the time is not over"))();
    const [[, given] = []] = timers.mock.calls;
    timers.mockRestore();

    expect(given).toBe(2e9);
  },
);
