import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { closeFrame, handshake, RawClient } from "./raw-client.ts";
import { refusal, TestClient, testGateway } from "./test-gateway.ts";

const TAKEN = "an upgrade: Another `upgrade` listener of this server has taken the socket.";

/** A server on a free port. */
async function listeningServer() {
  const server = createServer((_request, response) => response.end("the app"));
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

/** Returns the name of the listener that answers a socket at `/claw`, from its first message. */
async function takenBy(address: string): Promise<string> {
  const client = new WebSocket(`ws://${address}/claw`);
  const [text] = await once(client, "message");
  client.terminate();
  return String(text).includes('"connected"') ? "the gateway" : String(text);
}

describe("another listener that takes every upgrade", () => {
  const greedy = (server: Server) => {
    new WebSocketServer({ server }).on("connection", (one) => one.send("ws"));
  };
  const slow = (server: Server) => {
    const theirs = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      setImmediate(() => theirs.handleUpgrade(request, socket, head, (one) => one.send("ws")));
    });
  };

  test.each(["before", "after"])("keeps the socket when it was there %s the gateway", async (order) => {
    await using own = await testGateway();
    await using app = await listeningServer();
    if (order === "before") greedy(app.server);
    own.gateway.attach(app.server, { path: "/claw" });
    if (order === "after") greedy(app.server);

    expect(await takenBy(app.address)).toBe("ws");
    expect(own.failures).toEqual([expect.stringContaining(TAKEN)]);
    expect(own.gateway.health().connections).toBe(0);
    expect((await fetch(`http://${app.address}/`)).status).toBe(200);
  });

  test("keeps the socket while the gateway asks who it is", async () => {
    const theirs = new EventEmitter();
    const authenticate = async () => {
      await once(theirs, "taken");
      return { id: "somebody" };
    };
    await using own = await testGateway({ authenticate });
    await using app = await listeningServer();
    own.gateway.attach(app.server, { path: "/claw" });
    slow(app.server);
    using client = await RawClient.connect(app.address);
    client.write(handshake(app.address, { line: "GET /claw HTTP/1.1" }));

    expect(await client.status()).toBe(101);
    theirs.emit("taken");
    while (own.failures.length === 0) await new Promise(setImmediate);

    expect(own.failures).toEqual([expect.stringContaining(TAKEN)]);
    expect(String((await client.frame())?.payload)).toBe("ws");
    client.write(closeFrame(1000));
    expect(await client.closeCode()).toBe(1000);
  });

  test.each([
    ["says no", () => null, 1],
    ["throws", () => Promise.reject(new Error("no database")), 2],
  ])(
    "gets no answer of the gateway among its frames when authenticate %s",
    async (_how, authenticate, failures) => {
      await using own = await testGateway({ authenticate });
      await using app = await listeningServer();
      greedy(app.server);
      own.gateway.attach(app.server, { path: "/claw" });
      using client = await RawClient.connect(app.address);
      client.write(handshake(app.address, { line: "GET /claw HTTP/1.1" }));

      expect(await client.status()).toBe(101);
      expect(String((await client.frame())?.payload)).toBe("ws");
      expect(own.failures.length).toBeLessThanOrEqual(failures);
      client.write(closeFrame(1000));
      expect(await client.closeCode()).toBe(1000);
    },
  );

  test("keeps a socket that it refuses", async () => {
    await using own = await testGateway();
    await using app = await listeningServer();
    new WebSocketServer({ server: app.server, path: "/theirs" });
    own.gateway.attach(app.server, { path: "/claw" });

    expect((await refusal(`ws://${app.address}/claw`))[0]).toBe(400);
    expect(own.failures).toEqual([expect.stringContaining(TAKEN)]);
  });
});

describe("several gateways on one server", () => {
  test("may not have the same path, until the first one is detached", async () => {
    await using first = await testGateway();
    await using second = await testGateway();
    await using app = await listeningServer();
    const detach = first.gateway.attach(app.server, { path: "/claw" });

    for (const { gateway } of [first, second]) {
      expect(() => gateway.attach(app.server, { path: "/claw" })).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining("/claw") }),
      );
    }
    detach();
    detach();
    second.gateway.attach(app.server, { path: "/claw" });

    expect(await takenBy(app.address)).toBe("the gateway");
    expect(second.failures).toEqual([]);
  });

  test("leave an upgrade to a third path to be answered 404", async () => {
    await using first = await testGateway();
    await using second = await testGateway();
    await using app = await listeningServer();
    first.gateway.attach(app.server, { path: "/a" });
    first.gateway.attach(app.server, { path: "/b" });
    second.gateway.attach(app.server, { path: "/c" });

    expect((await refusal(`ws://${app.address}/elsewhere`))[0]).toBe(404);
    for (const path of ["/a", "/b", "/c"]) {
      const client = new TestClient(new WebSocket(`ws://${app.address}${path}`));
      await client.next("connected");
      await client.close();
    }
    await first.gateway.close();
    expect((await refusal(`ws://${app.address}/a`))[0]).toBe(404);
    expect(app.server.listenerCount("upgrade")).toBe(1);
    await second.gateway.close();
    expect(app.server.listenerCount("upgrade")).toBe(0);
  });

  test("take each upgrade once, whatever the app hands over twice", async () => {
    await using first = await testGateway();
    await using second = await testGateway();
    await using app = await listeningServer();
    app.server.on("upgrade", (request, socket, head) => {
      first.gateway.handleUpgrade(request, socket, head);
      first.gateway.handleUpgrade(request, socket, head);
      second.gateway.handleUpgrade(request, socket, head);
    });

    expect(await takenBy(app.address)).toBe("the gateway");
    expect([first.failures, second.failures]).toEqual([
      [expect.stringContaining(TAKEN)],
      [expect.stringContaining(TAKEN)],
    ]);
  });
});
