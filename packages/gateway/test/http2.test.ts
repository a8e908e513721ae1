import { once } from "node:events";
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { GatewayServer } from "../src/index.ts";
import { testGateway } from "./test-gateway.ts";

/** A server of `node:http2` that hands its requests to a gateway, and a client of it. */
async function http2(gateway: GatewayServer) {
  const server = createServer((request, response) => {
    if (!gateway.handleRequest(request as never, response as never, { path: "/claw" }))
      response.end("the app");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const session = connect(`http://${address}`);
  return {
    address,
    /** Resolves with the status, and with the text up to the end or to `part`. */
    async ask(headers: Record<string, string>, { body, part }: { body?: string; part?: string } = {}) {
      const stream = session.request(headers);
      stream.end(body);
      const [head] = await once(stream, "response");
      let text = "";
      stream.setEncoding("utf8");
      for await (const chunk of stream) {
        text += String(chunk);
        if (part !== undefined && text.includes(part)) break;
      }
      stream.close();
      return { status: head[":status"] as number, text };
    },
    async [Symbol.asyncDispose]() {
      session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

test("requests of HTTP/2 are answered, with :authority, with Host, and with both", async () => {
  await using own = await testGateway();
  await using client = await http2(own.gateway);
  const post = { ":method": "POST", "content-type": "application/json", "idempotency-key": "k1" };

  expect((await client.ask({ ":path": "/claw/sessions" })).status).toBe(200);
  expect((await client.ask({ ":path": "/claw/sessions", host: client.address })).status).toBe(200);
  const answer = await client.ask(
    { ...post, ":path": "/claw/sessions/current/messages" },
    { body: '{"content":"hi"}' },
  );
  expect([answer.status, JSON.parse(answer.text).content]).toEqual([200, "hi"]);
  const stream = await client.ask(
    { ...post, ":path": "/claw/sessions/current/messages", accept: "text/event-stream" },
    { body: '{"content":"hi"}' },
  );
  expect(stream.text).toContain("event: run_end");
  const events = await client.ask({ ":path": "/claw/sessions/current/events?after=0" }, { part: "run_end" });
  expect(events.status).toBe(200);
  expect((await client.ask({ ":path": "/claw/sessions/current/export" })).text).toContain('"type":"session"');
  const large = await client.ask(
    { ...post, ":path": "/claw/sessions/current/messages" },
    { body: "x".repeat(9_000_000) },
  );
  expect(large.status).toBe(413);
  expect(own.failures).toEqual([]);
});

test("requests of HTTP/2 with a foreign name, or two names, are refused", async () => {
  await using own = await testGateway();
  await using client = await http2(own.gateway);
  const path = { ":path": "/claw/sessions" };

  expect((await client.ask({ ...path, ":authority": "evil.example" })).status).toBe(403);
  expect((await client.ask({ ...path, ":authority": client.address, host: "evil.example" })).status).toBe(
    400,
  );
});
