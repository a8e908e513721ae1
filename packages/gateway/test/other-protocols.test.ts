import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { handshake, RawClient } from "./raw-client.ts";
import { testGateway } from "./test-gateway.ts";

/** Sends bytes, and returns all that comes back until the other side closes. */
async function exchange(address: string, text: string): Promise<string> {
  const { hostname, port } = new URL(`http://${address}`);
  const socket = connect(Number(port), hostname);
  // Node's server ends a connection whose client has sent its end, answered or not.
  socket.write(text);
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  await once(socket, "close");
  return answer;
}

/** A request that offers other protocols, as `curl --http2` and the HttpClient of Java do. */
function offer(address: string, line: string, upgrade: string, body = ""): string {
  const head = [
    line,
    `Host: ${address}`,
    "Connection: Upgrade, HTTP2-Settings, close",
    `Upgrade: ${upgrade}`,
    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Content-Type: application/json",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

async function app(): Promise<{ server: Server; address: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => response.end(`${request.method} ${request.url} ${body}`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    server,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const protocols = ["h2c", "H2C", "TLS/1.0", "h2c, TLS/1.0", "foo/1"];

describe("a request that offers another protocol is served as if it did not,", () => {
  test.each(protocols)("on the gateway's own port: %s", async (upgrade) => {
    await using gateway = await testGateway();

    const health = await exchange(gateway.address, offer(gateway.address, "GET /healthz HTTP/1.1", upgrade));
    const body = JSON.stringify({ content: "hello" });
    const line = "POST /sessions/current/messages HTTP/1.1";
    const answer = await exchange(gateway.address, offer(gateway.address, line, upgrade, body));

    expect(health).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"content":"hello"');
    expect(gateway.failures).toEqual([]);
  });

  test.each(protocols)("on every path of an app that a gateway is attached to: %s", async (upgrade) => {
    await using gateway = await testGateway();
    await using own = await app();
    gateway.gateway.attach(own.server, { path: "/claw" });

    for (const path of ["/", "/claw", "/page?x=1"]) {
      const answer = await exchange(own.address, offer(own.address, `POST ${path} HTTP/1.1`, upgrade, "{}"));
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer).toContain(`POST ${path} {}`);
    }
  });

  test("beside a neighbour that takes WebSockets only", async () => {
    await using gateway = await testGateway();
    await using own = await app();
    const theirs = new WebSocketServer({ noServer: true });
    own.server.on("upgrade", (request, socket, head) => {
      if (request.url === "/theirs") theirs.handleUpgrade(request, socket, head, () => undefined);
    });
    gateway.gateway.attach(own.server, { path: "/claw" });

    const answer = await exchange(own.address, offer(own.address, "GET /page HTTP/1.1", "h2c"));

    expect(answer).toContain("GET /page");
  });

  test("but not beside a neighbour that takes the offer", async () => {
    await using gateway = await testGateway();
    await using own = await app();
    own.server.on("upgrade", (_request, socket) => {
      socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo/1\r\n\r\n");
    });
    gateway.gateway.attach(own.server, { path: "/claw" });

    const answer = await exchange(own.address, offer(own.address, "GET /page HTTP/1.1", "foo/1"));

    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).not.toContain("200");
  });

  test("several times on one socket", async () => {
    await using gateway = await testGateway();
    const asked = offer(gateway.address, "HEAD /healthz HTTP/1.1", "h2c").replace(", close", "");
    using client = await RawClient.connect(gateway.address);

    for (let count = 0; count < 3; count += 1) {
      client.write(asked);
      expect((await client.head()).status).toBe(200);
    }
  });
});

test("a WebSocket among other offers is accepted", async () => {
  await using gateway = await testGateway();
  using client = await RawClient.connect(gateway.address);

  client.write(handshake(gateway.address, { headers: { Upgrade: "h2c, WebSocket" } }));

  expect(await client.status()).toBe(101);
  expect(await client.frameWith('"connected"')).toBeDefined();
});

test("an upgrade behind a request that has no answer yet closes its socket, and nothing lands among frames", async () => {
  await using gateway = await testGateway();
  using client = await RawClient.connect(gateway.address);
  const events = `GET /sessions/current/events HTTP/1.1\r\nHost: ${gateway.address}\r\n\r\n`;

  client.write(events);
  expect((await client.head()).status).toBe(200);
  client.write(handshake(gateway.address));

  await client.closed();
  expect(gateway.gateway.health().connections).toBe(0);
});
