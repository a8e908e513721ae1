import { describe, expect, test } from "vitest";
import { hostileGateways, token } from "./hostile-gateways.ts";
import { closeFrame, type FrameOptions, frame, RawClient } from "./raw-client.ts";

const gateways = hostileGateways();

const ping = '{"type":"ping"}';

describe("bytes that break the WebSocket protocol close the connection with a code", () => {
  test.each<[string, Uint8Array | readonly Uint8Array[], number]>([
    ["a frame without a mask", frame(ping, { masked: false }), 1002],
    ["the first reserved bit", frame(ping, { reserved: 4 }), 1002],
    ["the second reserved bit", frame(ping, { reserved: 2 }), 1002],
    ["the third reserved bit", frame(ping, { reserved: 1 }), 1002],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
      (opcode) => [`opcode ${opcode}`, frame(ping, { opcode }), 1002] as [string, Uint8Array, number],
    ),
    ["a continuation of nothing", frame(ping, { opcode: 0 }), 1002],
    [
      "a last continuation after the last",
      [frame("{", { fin: false }), frame("}", { opcode: 0 }), frame("x", { opcode: 0 })],
      1002,
    ],
    ["a message within a message", [frame("{", { fin: false }), frame(ping)], 1002],
    ["a ping in pieces", frame("x", { opcode: 9, fin: false }), 1002],
    ["a pong in pieces", frame("x", { opcode: 10, fin: false }), 1002],
    ["a close in pieces", frame("", { opcode: 8, fin: false }), 1002],
    ["a ping of 126 bytes", frame("x".repeat(126), { opcode: 9 }), 1002],
    ["a pong of 64 KiB", frame("x".repeat(65_536), { opcode: 10 }), 1002],
    ["a close of one byte", frame("x", { opcode: 8 }), 1002],
    ["a close of 126 bytes", closeFrame(1000, "x".repeat(124)), 1002],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map(
      (code) => [`the close code ${code}`, closeFrame(code), 1002] as [string, Uint8Array, number],
    ),
    ["a close reason that is no UTF-8", closeFrame(1000, Buffer.from([0xff])), 1007],
    ["text that is no UTF-8", frame(Buffer.from([0xc3, 0x28])), 1007],
    ["text with half a surrogate", frame(Buffer.from([0xed, 0xa0, 0x80])), 1007],
    ["text with an overlong slash", frame(Buffer.from([0xc0, 0xaf])), 1007],
    [
      "text cut in a character",
      [frame(Buffer.from([0xe4, 0xbd]), { fin: false }), frame("x", { opcode: 0 })],
      1007,
    ],
    ["a frame that claims 8 MiB and a byte", frame("", { claims: 8_388_609n }), 1009],
    ["a frame that claims 2^53 bytes", frame("", { claims: 2n ** 53n }), 1009],
    ["a frame that claims 2^63 bytes", frame("", { claims: 2n ** 63n }), 1009],
    ["a frame that claims 2^64 - 1 bytes", frame("", { claims: 2n ** 64n - 1n }), 1009],
    [
      "two pieces of more than 8 MiB",
      [frame("x".repeat(4_200_000), { fin: false }), frame("x".repeat(4_200_000), { opcode: 0 })],
      1009,
    ],
    [
      "2,000 empty pieces",
      [
        frame("", { fin: false }),
        ...Array.from({ length: 2000 }, () => frame("", { opcode: 0, fin: false })),
      ],
      1008,
    ],
    [
      "a message in 1,100 bytes",
      [
        frame("{", { fin: false }),
        ...Array.from({ length: 1100 }, () => frame(" ", { opcode: 0, fin: false })),
      ],
      1008,
    ],
    ["101 messages at once", Array.from({ length: 300 }, () => frame('{"type":"list"}')), 1008],
    ["100 refused messages in a row", Array.from({ length: 100 }, () => frame("{")), 1008],
  ])("%s", async (_what, bytes, code) => {
    using client = await RawClient.open(gateways.open.address);

    client.write(Buffer.concat([bytes].flat()));

    expect(await client.closeCode()).toBe(code);
  });
});

describe("frames that are right and strange are worked on", () => {
  test.each<[string, readonly [string | Uint8Array, FrameOptions?][]]>([
    ["a length in more bytes than it needs", [[ping, { lengthBytes: 8 }]]],
    [
      "a message in pieces of a byte",
      Array.from(ping, (one, index) => [
        one,
        { opcode: index === 0 ? 1 : 0, fin: index === ping.length - 1 },
      ]),
    ],
    [
      "a ping within a message",
      [
        [ping.slice(0, 5), { fin: false }],
        ["", { opcode: 9 }],
        [ping.slice(5), { opcode: 0 }],
      ],
    ],
    ["an unasked pong", [["hello", { opcode: 10 }], [ping]]],
    ["a BOM", [[`\ufeff${ping}`], [ping]]],
  ])("%s", async (_what, frames) => {
    using client = await RawClient.open(gateways.open.address);

    for (const [payload, options] of frames) client.write(frame(payload, options));

    expect(await client.frameWith('"pong"')).toBe('{"type":"pong"}');
  });

  test("a slow frame, byte by byte", async () => {
    using client = await RawClient.open(gateways.open.address);
    client.socket.setNoDelay();

    for (const byte of frame(ping)) {
      client.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }

    await client.frame();
    expect(String((await client.frame())?.payload)).toBe('{"type":"pong"}');
  });
});

const deep = 100_000;

describe("text frames that are no client event are answered with a code, and the connection stays open", () => {
  test.each([
    ["nothing", "", "INVALID_FRAME"],
    ["a space", " ", "INVALID_FRAME"],
    ["NUL", "\0", "INVALID_FRAME"],
    ["null", "null", "INVALID_FRAME"],
    ["true", "true", "INVALID_FRAME"],
    ["a number", "1e999", "INVALID_FRAME"],
    ["a string", '"ping"', "INVALID_FRAME"],
    ["two events in a frame", `${ping}${ping}`, "INVALID_FRAME"],
    ["two events in two lines", `${ping}\n${ping}`, "INVALID_FRAME"],
    ["a list of events", `[${ping}]`, "INVALID_FRAME"],
    ["100,000 open brackets", "[".repeat(deep), "INVALID_FRAME"],
    ["100,000 nested lists", `${"[".repeat(deep)}${"]".repeat(deep)}`, "INVALID_FRAME"],
    [
      "100,000 nested objects as content",
      `{"type":"message","content":${'{"a":'.repeat(deep)}1${"}".repeat(deep)}}`,
      "INVALID_FRAME",
    ],
    [
      "100,000 fields and no type",
      `{${Array.from({ length: 50_000 }, (_, index) => `"f${index}":0`).join()}}`,
      "INVALID_FRAME",
    ],
    ["type null", '{"type":null}', "INVALID_FRAME"],
    ["type as a list", '{"type":["ping"]}', "INVALID_FRAME"],
    ["type empty", '{"type":""}', "UNKNOWN_TYPE"],
    ["type __proto__", '{"type":"__proto__"}', "UNKNOWN_TYPE"],
    ["type constructor", '{"type":"constructor"}', "UNKNOWN_TYPE"],
    ["type toString", '{"type":"toString"}', "UNKNOWN_TYPE"],
    ["type in capitals", '{"type":"PING"}', "UNKNOWN_TYPE"],
    ["type of 1 MB", `{"type":"${"x".repeat(1_000_000)}"}`, "UNKNOWN_TYPE"],
    ["an event of the gateway's", '{"type":"run_end","sessionId":"s","seq":1}', "UNKNOWN_TYPE"],
    ["auth by one who is in", '{"type":"auth","token":"x"}', "UNKNOWN_TYPE"],
    ["a type by prototype", '{"__proto__":{"type":"ping"}}', "INVALID_FRAME"],
    ["an id of 129 characters", `{"type":"ping","id":"${"x".repeat(129)}"}`, "INVALID_FRAME"],
    ["an empty id", '{"type":"ping","id":""}', "INVALID_FRAME"],
    ["an id that is a number", '{"type":"ping","id":7}', "INVALID_FRAME"],
    ["content missing", '{"type":"message"}', "INVALID_FRAME"],
    ["content empty", '{"type":"message","content":""}', "INVALID_FRAME"],
    ["content as a list", '{"type":"message","content":["x"]}', "INVALID_FRAME"],
    ["an unknown mode", '{"type":"message","content":"x","mode":"shout"}', "INVALID_FRAME"],
    ["a session id as an object", '{"type":"message","content":"x","sessionId":{"$ne":""}}', "INVALID_FRAME"],
    ["a list from a place that none ends at", '{"type":"list","cursor":"x"}', "INVALID_FRAME"],
    ["a fork of a session that has no entry", '{"type":"fork","sessionId":"SESSION"}', "INVALID_FRAME"],
    ["a fork at an entry that is not there", '{"type":"fork","sessionId":"SESSION","at":9}', "INVALID_FRAME"],
    ["a history of -1", '{"type":"history","sessionId":"SESSION","limit":-1}', "INVALID_FRAME"],
    ["a history of 1e9", '{"type":"history","sessionId":"SESSION","limit":1e9}', "INVALID_FRAME"],
    ["a history of a half", '{"type":"history","sessionId":"SESSION","limit":0.5}', "INVALID_FRAME"],
    ["a history before -1", '{"type":"history","sessionId":"SESSION","before":-1}', "INVALID_FRAME"],
    [
      "a resume after 2^60",
      '{"type":"resume","sessionId":"SESSION","after":1152921504606846976}',
      "INVALID_FRAME",
    ],
    [
      "a resume of nobody",
      '{"type":"resume","sessionId":"0199f3a0-0000-7000-8000-000000000000"}',
      "SESSION_NOT_FOUND",
    ],
    ["a session id with a path", '{"type":"resume","sessionId":"../../../etc/passwd"}', "SESSION_NOT_FOUND"],
    ["a session id with a backslash", '{"type":"resume","sessionId":"..\\\\..\\\\x"}', "SESSION_NOT_FOUND"],
    ["a session id of a device", '{"type":"resume","sessionId":"con"}', "SESSION_NOT_FOUND"],
    ["a session id with NUL", '{"type":"resume","sessionId":"a\\u0000"}', "SESSION_NOT_FOUND"],
    ["a session id __proto__", '{"type":"resume","sessionId":"__proto__"}', "SESSION_NOT_FOUND"],
    [
      "an abort of a run that is not",
      '{"type":"abort","sessionId":"SESSION","runId":"nothing"}',
      "RUN_NOT_FOUND",
    ],
    ["a retry of no run", '{"type":"retry","sessionId":"SESSION"}', "INVALID_FRAME"],
    [
      "a retry of an unknown run",
      '{"type":"retry","sessionId":"SESSION","runId":"nothing"}',
      "RUN_NOT_FOUND",
    ],
    ["a cursor that is none", '{"type":"list","cursor":7}', "INVALID_FRAME"],
  ])("%s", async (_what, text, code) => {
    const client = await gateways.open.connect();

    client.send(text.replace("SESSION", client.sessionId));
    await client.roundTrip();

    expect(client.frames.slice(1)).toMatchObject([{ type: "error", code }]);
    expect(JSON.stringify(client.frames[1]).length).toBeLessThan(1000);
    await client.close();
  });
});

describe("the first frame of /?auth=frame", () => {
  const auth = JSON.stringify({ type: "auth", token });
  const early: [string, Uint8Array, number][] = [
    ["another event", frame(ping), 4401],
    ["no JSON", frame("{"), 4401],
    ["null", frame("null"), 4401],
    ["the token alone", frame(token), 4401],
    ["a token that is a number", frame('{"type":"auth","token":7}'), 4401],
    ["a wrong token", frame(JSON.stringify({ type: "auth", token: `${token}x` })), 4401],
    ["a binary frame", frame(auth, { opcode: 2 }), 4401],
    ["4 KiB and a byte", frame(`${auth}${" ".repeat(4096)}`), 1009],
    ["4 KiB and a byte of a frame that never ends", frame("x".repeat(5000), { claims: 1_000_000n }), 1009],
    [
      "4 KiB of pings",
      Buffer.concat(Array.from({ length: 50 }, () => frame("x".repeat(100), { opcode: 9 }))),
      1009,
    ],
    ["a frame that claims 9 MiB", frame("", { claims: 9_437_184n }), 1009],
    ["a frame without a mask", frame(auth, { masked: false }), 1002],
  ];
  test.each(early)("closes the connection when it is %s", async (_what, bytes, code) => {
    using client = await RawClient.open(gateways.guarded.address, { line: "GET /?auth=frame HTTP/1.1" });

    client.write(bytes);

    expect(await client.closeCode()).toBe(code);
  });

  test("accepts a client that sends the token, and the frames behind it in the same piece", async () => {
    using client = await RawClient.open(gateways.guarded.address, { line: "GET /?auth=frame HTTP/1.1" });

    client.write(
      Buffer.concat([frame(auth), frame(`{"type":"message","content":"${"x".repeat(10_000)}","id":"q"}`)]),
    );

    expect(JSON.parse(String((await client.frame())?.payload))).toMatchObject({ type: "connected" });
    expect(JSON.parse(String((await client.frame())?.payload))).toMatchObject({
      sessionId: expect.any(String),
    });
  });
});

test("no connection is left afterwards", async () => {
  const health = () => gateways.open.gateway.health();
  while (health().connections > 0) await new Promise((resolve) => setImmediate(resolve));

  expect(health()).toMatchObject({ connections: 0, runs: 0 });
});
