import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

const PATH = "/sessions/current/messages";

describe("a body", () => {
  const bytes = (text: string) => Buffer.from(text, "latin1");

  test.each<[what: string, type: string, body: Buffer<ArrayBuffer>, status: number]>([
    ["in Latin-1", "application/json", bytes('{"content":"caf\u00e9"}'), 400],
    ["with a broken byte at its end", "application/json", bytes('{"content":"x"}\u00ff'), 400],
    ["with half a character", "application/json", bytes('{"content":"\u00e2\u0082"}'), 400],
    ["with half a surrogate pair", "application/json", bytes('{"content":"\u00ed\u00a0\u00bd"}'), 400],
    ["that is said to be Latin-1", "application/json; charset=iso-8859-1", bytes('{"content":"x"}'), 415],
    ["that is said to be UTF-16", 'application/json; charset="UTF-16"', bytes('{"content":"x"}'), 415],
    ["that is said to be UTF-8", "application/json; charset=UTF-8", Buffer.from('{"content":"café"}'), 200],
    ["with a byte order mark", "application/json", Buffer.from('\ufeff{"content":"café"}'), 200],
  ])("%s", async (_what, type, body, status) => {
    await using gateway = await testGateway();

    const answer = await gateway.get(PATH, { method: "POST", headers: { "Content-Type": type }, body });

    expect(answer.status).toBe(status);
    const { messages } = (await (await gateway.get(PATH)).json()) as { messages: { content: string }[] };
    expect(messages).toHaveLength(status === 200 ? 2 : 0);
    expect(gateway.failures).toEqual([]);
  });

  test.each([
    ["gzip", 415],
    ["GZIP, identity", 415],
    ["Identity", 200],
    ["", 200],
  ])("of the content coding %j is answered with %i", async (coding, status) => {
    await using gateway = await testGateway();
    const plain = Buffer.from('{"content":"x"}');
    const body = status === 415 ? gzipSync(plain) : plain;
    const headers = { "Content-Type": "application/json", "Content-Encoding": coding };

    const answer = await gateway.get(PATH, { method: "POST", headers, body });

    expect(answer.status).toBe(status);
    const refused = {
      error: `\`Content-Encoding\` must be absent, got "${coding}". Send the body uncompressed.`,
      code: "UNSUPPORTED_TYPE",
    };
    expect(await answer.json()).toMatchObject(status === 415 ? refused : { content: "x" });
  });

  test("of a login must be UTF-8 too", async () => {
    await using gateway = await testGateway({ listen: { token: "t".repeat(40) } });

    const { status } = await gateway.get("/login", { method: "POST", body: bytes('{"token":"\u00ff"}') });

    expect(status).toBe(400);
  });

  test("a query must be UTF-8 too", async () => {
    await using gateway = await testGateway();

    expect((await gateway.get("/sessions?cursor=%ff")).status).toBe(400);
    expect((await gateway.get("/sessions?limit=1&x=100%")).status).toBe(200);
  });
});

describe("a body that the app has read", () => {
  const form = "application/x-www-form-urlencoded";

  test.each<[what: string, type: string | undefined, parsed: unknown, status: number]>([
    ["as JSON", "application/json", { content: "hi" }, 200],
    ["as JSON with a charset", "application/json; charset=utf-8", { content: "hi" }, 200],
    ["as a form", form, { content: "hi" }, 415],
    ["as a form in parts", "multipart/form-data; boundary=x", { content: "hi" }, 415],
    ["as a text", "text/plain", "content=hi", 415],
    ["as the text of JSON", "application/json", '{"content":"hi"}', 200],
    ["as text with a byte order mark", "application/json", '\ufeff{"content":"hi"}', 200],
    ["as bytes of JSON", "application/json", Buffer.from('{"content":"hi"}'), 200],
    ["as bytes that are not UTF-8", "application/json", Buffer.from([0x7b, 0xff, 0x7d]), 400],
    ["as bytes of a form", form, Buffer.from("content=hi"), 415],
    ["as a list", "application/json", ["hi"], 400],
    ["as JSON of another charset", "application/json; charset=latin1", { content: "hi" }, 415],
    ["and left nothing of", "application/json", undefined, 400],
  ])("%s", async (_what, type, parsed, status) => {
    await using own = await testGateway();
    const server = createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        setImmediate(() => {
          Object.assign(request, { body: parsed });
          if (!own.gateway.handleRequest(request, response)) response.end();
        });
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`;

    const headers: Record<string, string> = type === undefined ? {} : { "Content-Type": type };
    const answer = await fetch(address, { method: "POST", headers, body: "content=hi" });

    expect(answer.status).toBe(status);
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
});
