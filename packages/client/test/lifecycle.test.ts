import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { connect } from "../src/index.ts";
import { createSpeaker } from "./speaker.ts";
import { testGateway, until, untilShown } from "./test-client.ts";

test("marks a session as missing that another client deletes, and starts a new one", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const client = gateway.connect();
  const session = client.session();
  await session.send("one");
  await until(session, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);
  const { sessionId = "" } = session.getSnapshot();
  const events = session.events();
  await gateway.connect().ask({ type: "delete", sessionId });
  await until(session, ({ phase }) => phase === "missing");

  await expect(session.send("two")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect(await events.next()).toEqual({ value: undefined, done: true });
  const next = client.session();
  await next.send("two");
  await until(next, ({ view }) => view.items.length === 2);

  expect(next.getSnapshot().sessionId).not.toBe(sessionId);
});

test("returns the same object for an id that was requested before the session without one", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const other = gateway.connect().session();
  await other.send("hi");
  const { sessionId = "" } = other.getSnapshot();
  const client = gateway.connect();
  const unnamed = client.session();
  const named = client.session(sessionId);
  await untilShown(named);

  expect(client.session()).toBe(named);
  expect(client.session(sessionId)).toBe(named);
  expect(unnamed.getSnapshot().phase).toBe("away");
});

test("closes its sessions and notifies their subscribers", async () => {
  await using gateway = await testGateway(createSpeaker().agent);
  const client = gateway.connect();
  const session = client.session();
  await untilShown(session);
  const phases: string[] = [];
  session.subscribe(() => phases.push(session.getSnapshot().phase));

  client.close();

  expect(phases).toEqual(["closed"]);
  expect(client.session("another").getSnapshot().phase).toBe("closed");
  await expect(client.session().send("hi")).rejects.toMatchObject({ code: "CLOSED" });
});

test("waits for the connection with connected()", async () => {
  await using gateway = await testGateway(createSpeaker().agent);
  const client = gateway.connect();

  await client.connected();
  expect(client.getSnapshot().phase).toBe("open");
  await client.connected();
  client.close();

  await expect(client.connected()).rejects.toMatchObject({ code: "CLOSED" });
});

test("rejects connected() with the reason, and connects when it is called again", async () => {
  await using gateway = await testGateway(createSpeaker().agent);
  gateway.network.refuses = true;
  const client = gateway.connect({ onFailure: () => undefined });
  await expect(client.connected()).rejects.toMatchObject({ code: "CONNECT_FAILED", retryable: true });

  gateway.network.refuses = false;
  const connected = client.connected();
  client.retryNow();

  await connected;
});

test("reports a path without a gateway once, and keeps the reason in its state", async () => {
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const messages: string[] = [];
  const client = connect({
    ...{ url: `ws://127.0.0.1:${port}/chat`, WebSocket, random: () => 0 },
    onFailure: ({ message }) => messages.push(message),
  });
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    client.retryNow();
    await until(client, (state) => state.phase === "waiting" && state.attempt === attempt);
  }

  // ws 8.23 names the status in its `error` event.
  expect(client.getSnapshot()).toMatchObject({ error: { message: "Unexpected server response: 404" } });
  expect(messages).toEqual(["Unexpected server response: 404"]);
  client.close();
  server.close();
});

test("connects to an address that is relative to the page", async () => {
  await using gateway = await testGateway(createSpeaker().agent);
  const page = globalThis as { location?: { href: string } };
  page.location = { href: `http://127.0.0.1:${gateway.network.port}/chat/index.html` };
  const urls: string[] = [];
  const client = connect({
    url: "/",
    WebSocket: class extends WebSocket {
      constructor(url: string) {
        super(url);
        urls.push(url);
      }
    },
  });
  delete page.location;

  await client.connected();

  expect(urls).toEqual([`ws://127.0.0.1:${gateway.network.port}/`]);
  client.close();
});

test("connects on a platform without URL.canParse", async () => {
  await using gateway = await testGateway(createSpeaker().agent);
  const platform = { canParse: Object.getOwnPropertyDescriptor(URL, "canParse") ?? {} };
  Object.defineProperty(URL, "canParse", { value: undefined, configurable: true });
  const client = gateway.connect();
  Object.defineProperties(URL, platform);

  await client.connected();

  expect(client.getSnapshot().phase).toBe("open");
});
