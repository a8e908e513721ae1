import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Dialect, DialectConnection, FormConnection, HttpForm } from "../src/index.ts";
import { testGateway } from "./test-gateway.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

/**
 * Opens a connection of a dialect that calls `use` for its first frame, and sends that frame.
 * `result` is what `use` returns.
 */
async function useConnection(
  use: (connection: DialectConnection) => unknown,
  more: Partial<Dialect> = {},
  token?: string,
) {
  let settle = (_result: unknown): void => undefined;
  const result = new Promise<unknown>((resolve) => {
    settle = resolve;
  });
  const dialect: Dialect = {
    subprotocol: "used",
    connect: (connection) => ({ read: () => settle(use(connection)), write: () => [] }),
    ...more,
  };
  const gateway = await testGateway({ dialects: [dialect], ...(token && { listen: { token } }) });
  const socket = new WebSocket(`ws://${gateway.address}/`, ["used"]);
  const closed = once(socket, "close") as Promise<[number, Buffer]>;
  await once(socket, "open");
  socket.send("a frame");
  return { gateway, socket, closed, result };
}

describe("a dialect that uses its connection wrongly gets no exception:", () => {
  test.each<[string, number, string, number]>([
    ["a code that no frame can carry", 1005, "x", 1005],
    ["a code that is none", 4, "x", 4],
    ["a reason that is too long", 4000, "é".repeat(62), 4000],
  ])("%s closes with 1011, and is reported", async (_what, code, reason, got) => {
    const { gateway, closed } = await useConnection((connection) => connection.close(code, reason));
    await using _ = gateway;

    expect((await closed)[0]).toBe(1011);
    expect(gateway.failures).toEqual([
      `a dialect: \`code\` must be 1000 to 1014 or 3000 to 4999, with a reason of at most 123 bytes, got ${got}.`,
    ]);
  });

  test("a command that is none is answered with an error", async () => {
    const { gateway, socket, result } = await useConnection((connection) =>
      connection.perform(null as never),
    );
    await using _ = gateway;

    expect(await result).toMatchObject({ type: "error", code: "INTERNAL" });
    socket.terminate();
  });

  test("a key that is none is nobody's", async () => {
    const { gateway, socket, result } = await useConnection(
      (connection) => connection.keyOf(undefined as never),
      { keyPrefix: "used:" },
    );
    await using _ = gateway;

    expect(await result).toBe(undefined);
    socket.terminate();
  });

  test.each([[5], [null], [{}]])("a token that is no text, %j, is a missing one", async (token) => {
    const { gateway, socket, result } = await useConnection(
      (connection) => connection.authenticate(token as never),
      { proof: {} },
      TOKEN,
    );
    await using _ = gateway;

    expect(await result).toMatchObject({ ok: false, status: 401 });
    socket.terminate();
  });
});

describe("a translator whose `read` returns no readings costs its own connection:", () => {
  test.each([
    ["a list with a hole", [null]],
    ["a command without a type", { ok: true, value: {} }],
    ["5", 5],
  ])("%s", async (_what, read) => {
    const dialect: Dialect = { connect: () => ({ read: () => read as never, write: () => [] }) };
    await using gateway = await testGateway({ listen: { dialects: { "/": dialect } } });
    const socket = new WebSocket(`ws://${gateway.address}/`);
    await once(socket, "open");

    socket.send("a frame");

    expect((await once(socket, "close"))[0]).toBe(1011);
    expect(gateway.failures).toEqual([
      expect.stringContaining("`read` must be a function that returns readings such as"),
    ]);
  });

  test("a command of an unknown type is refused by its name", async () => {
    const dialect: Dialect = {
      connect: () => ({
        read: () => ({ ok: true, value: { type: "dance" } as never }),
        write: (event) => JSON.stringify(event),
      }),
    };
    await using gateway = await testGateway({ listen: { dialects: { "/": dialect } } });
    const client = await gateway.connect();

    client.send("a frame");

    expect(await client.next("error")).toMatchObject({
      code: "UNKNOWN_TYPE",
      message: '`type` must be that of a command, got "dance".',
    });
    await client.close();
  });
});

/** Answers of a form that HTTP does not have, and the report of each. */
const wrongAnswers: Record<string, [(connection: FormConnection) => void, string]> = {
  status: [
    (connection) => connection.reply(1000, "x"),
    "`status` must be an integer from 200 to 599, got 1000.",
  ],
  interim: [(connection) => connection.reply(101), "`status` must be an integer from 200 to 599, got 101."],
  header: [
    (connection) => connection.reply(200, "x", { "x-own": "a\nb" }),
    'Invalid character in header content ["x-own"]',
  ],
  begin: [(connection) => connection.begin({ "a b": "c" }), 'Header name must be a valid HTTP token ["a b"]'],
  text: [(connection) => connection.reply(200, {} as never), "`text` must be a text, got an object."],
};

describe("a form that answers wrongly, and later, gets no exception:", () => {
  test.each(Object.entries(wrongAnswers))("%s", async (_what, [answer, report]) => {
    // A timer has no caller that would catch an exception.
    const form: HttpForm = {
      keyPrefix: "form:",
      methodsOf: () => ["GET"],
      answer: (_request, connection) => void setTimeout(() => answer(connection), 0),
    };
    await using gateway = await testGateway({ listen: { forms: { "/form": form } } });

    const response = await gateway.get("/form");

    expect([response.status, await response.text()]).toEqual([
      500,
      "The gateway failed. Its log has the reason.",
    ]);
    expect(gateway.failures).toEqual([`an HTTP form: ${report}`]);
  });

  test("what it sends after the end is left out", async () => {
    const form: HttpForm = {
      keyPrefix: "form:",
      methodsOf: () => ["GET"],
      answer(_request, connection) {
        connection.begin({});
        connection.send("all");
        connection.end();
        connection.send("more");
        connection.end();
      },
    };
    await using gateway = await testGateway({ listen: { forms: { "/form": form } } });

    expect(await (await gateway.get("/form")).text()).toBe("all");
    expect(gateway.failures).toEqual([]);
  });

  test.each(["GET", { length: 1 }, undefined])("methods that are no list, %j", async (methods) => {
    const form: HttpForm = {
      keyPrefix: "form:",
      methodsOf: () => methods as never,
      answer: (_request, connection) => connection.reply(200),
    };
    await using gateway = await testGateway({ listen: { forms: { "/form": form } } });

    expect((await gateway.get("/form")).status).toBe(500);
    expect(gateway.failures).toEqual([
      expect.stringContaining(
        '`methodsOf` must be a function that returns a list of methods such as `["POST"]`',
      ),
    ]);
  });
});
