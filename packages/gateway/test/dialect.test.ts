import { once } from "node:events";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Dialect, GatewayServer } from "../src/index.ts";
import { lineDialect } from "./line-dialect.ts";
import { echoAgent, heldAgent, testGateway } from "./test-gateway.ts";

/** A client that keeps its frames as they come. */
async function openSocket(address: string, subprotocols: string[]) {
  const socket = new WebSocket(`ws://${address}/`, subprotocols);
  const frames: string[] = [];
  socket.on("message", (bytes: Buffer) => {
    frames.push(bytes.toString());
    socket.emit("frame");
  });
  await once(socket, "open");
  return {
    socket,
    frames,
    /** Resolves when a frame of this text has come. */
    until: async (text: string): Promise<void> => {
      while (!frames.includes(text)) await once(socket, "frame");
    },
  };
}

describe("a dialect of the app's own", () => {
  test("is spoken to who asks for it: commands in, events out", async () => {
    await using gateway = await testGateway({ dialects: [lineDialect] });
    const { socket, frames, until } = await openSocket(gateway.address, ["lines"]);

    socket.send("one two");
    await until("\n");

    expect(socket.protocol).toBe("lines");
    expect(frames).toEqual(["Hello!", "one ", "two", "\n"]);
  });

  test("beside native clients of the same session", async () => {
    await using gateway = await testGateway({ dialects: [lineDialect] });
    const lines = await openSocket(gateway.address, ["lines", "mini-openclaw"]);
    const native = await gateway.connect();

    lines.socket.send("hi");
    const { content } = await native.next("message_done");
    native.send({ type: "message", content: "both" });
    await lines.until("bo");

    expect(content).toBe("hi");
  });

  test("writes any number of frames for an event, and may keep state", async () => {
    const { agent, started } = heldAgent();
    await using gateway = await testGateway({ agent, dialects: [lineDialect] });
    const { socket, frames, until } = await openSocket(gateway.address, ["lines"]);
    socket.send("  ");
    socket.send("long");
    await started(1);
    await until("thinking…");

    socket.send("/stop");
    await until("\n");
    socket.send("/stop");
    await until("! No run is active in the session.");

    expect(frames).toEqual(["Hello!", "thinking…", "[aborted]", "\n", "! No run is active in the session."]);
  });

  test("is chosen for a socket that an app accepted by the socket's protocol", async () => {
    await using gateway = await testGateway({ dialects: [lineDialect] });
    const sent: string[] = [];
    const target = new EventTarget();
    const said = new Promise<void>((resolve) => {
      gateway.gateway.accept({
        protocol: "lines",
        bufferedAmount: 0,
        send: (text) => {
          sent.push(text);
          resolve();
        },
        close: () => undefined,
        addEventListener: (type: string, listener: (event: never) => void) =>
          target.addEventListener(type, listener as (event: Event) => void),
      });
    });
    await said;

    expect(sent).toEqual(["Hello!"]);
  });
});

describe("a dialect that throws", () => {
  const fail = (): never => {
    throw new Error("no words");
  };
  const dialects: [string, Dialect][] = [
    ["when a connection begins", { subprotocol: "x", connect: fail }],
    ["when it reads", { subprotocol: "x", connect: () => ({ read: fail, write: () => "hello" }) }],
    ["when it writes", { subprotocol: "x", connect: () => ({ read: () => undefined, write: fail }) }],
  ];

  test.each(dialects)("%s costs its own connection and nothing else", async (_when, dialect) => {
    await using gateway = await testGateway({ dialects: [dialect] });
    const native = await gateway.connect();
    const socket = new WebSocket(`ws://${gateway.address}/`, ["x"]);
    socket.on("open", () => socket.send("hello?"));

    const [code] = (await once(socket, "close")) as [number];
    native.send({ type: "message", content: "still there?" });
    await native.next("run_end");

    expect(code).toBe(1011);
    expect(gateway.failures).toEqual(["a dialect: no words"]);
  });
});

test("`dialects` that are no list are refused", () => {
  const create = () =>
    new GatewayServer({ store: createMemoryStore(), agent: echoAgent, dialects: {} as never });

  expect(create).toThrow(
    expect.objectContaining({
      code: "INVALID_OPTION",
      message: "`dialects` must be a list of dialects, got an object.",
    }),
  );
});

describe("dialects without a subprotocol of their own are refused", () => {
  const dialect = (subprotocol: string): Dialect => ({ ...lineDialect, subprotocol });

  test.each([
    [
      "one that has the native subprotocol",
      [dialect("mini-openclaw")],
      "must have distinct subprotocols, got mini-openclaw again.",
    ],
    [
      "two with one subprotocol",
      [dialect("x"), dialect("x")],
      "must have distinct subprotocols, got x again.",
    ],
    ["one that would be taken for a token", [dialect("bearer.x")], 'got "bearer.x".'],
    ["one that no client can name", [dialect("two words")], 'got "two words".'],
    ["one without a name", [dialect("")], 'got "".'],
  ])("%s", async (_what, dialects, message) => {
    await using gateway = await testGateway();
    const { store } = gateway;

    expect(() => new GatewayServer({ store, agent: echoAgent, dialects })).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});
