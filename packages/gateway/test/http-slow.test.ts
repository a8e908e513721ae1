import { EventEmitter, once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { summaryOf } from "./http-client.ts";
import { RawClient } from "./raw-client.ts";
import { gate, testGateway } from "./test-gateway.ts";

test("a client that does not read costs bounded memory, and gets every event when it reads", async () => {
  const content = "x".repeat(65_536);
  const [released, release] = gate();
  const says = Array.from({ length: 100 }, () => content);
  const agent = scriptedAgent([[{ says }, "thinking…", { waits: released }]]);
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  const request = {
    method: "GET",
    url: `/sessions/${client.sessionId}/events`,
    headers: { host: "localhost" },
    rawHeaders: ["Host", "localhost"],
    socket: new EventEmitter(),
  };
  const response = new UnreadResponse();
  gateway.gateway.handleRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  await once(response, "unread");

  client.send({ type: "message", content: "hello" });
  await client.next("chunk");
  await client.roundTrip();
  // The limit of waiting bytes, one event more, and its JSON around it.
  expect(response.writableLength).toBeLessThan(1_048_576 + 2 * content.length);
  response.startReading();
  await response.reads("thinking…");
  release();
  await response.reads("run_end");

  await client.next("run_end");
  const frames = [...response.text.matchAll(/^data: (\{.*"seq".*)$/gm)].map(([, json = ""]) =>
    JSON.parse(json),
  );
  expect(summaryOf(frames)).toEqual(summaryOf(client.frames.filter((frame) => "seq" in frame)));
});

test("requests behind another on their socket wait for it, cost nothing, and end with it", async () => {
  await using gateway = await testGateway();
  using client = await RawClient.connect(gateway.address);
  const { sessionId } = await gateway.store.getOrCreateSession("webchat");
  const request = `GET /sessions/${sessionId}/events HTTP/1.1\r\nHost: ${gateway.address}\r\n\r\n`;
  const connections = () => gateway.gateway.health().connections;

  client.write(request.repeat(20));
  await expect.poll(connections).toBe(1);
  expect(gateway.gateway.health().sessions).toBe(1);
  client.socket.destroy();

  await expect.poll(connections).toBe(0);
  expect(gateway.gateway.health().sessions).toBe(0);
});

/** The answer to a client that reads nothing until `startReading`. */
class UnreadResponse extends Writable {
  text = "";
  #readOn: (() => void) | undefined;
  #isReading = false;
  readonly headersSent = true;

  writeHead(): this {
    return this;
  }

  flushHeaders(): void {}

  setHeader(): void {}

  appendHeader(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    this.emit("read");
    if (this.#isReading) return setImmediate(done) as unknown as void;
    this.#readOn = done;
    this.emit("unread");
  }

  startReading(): void {
    this.#isReading = true;
    this.#readOn?.();
  }

  async reads(part: string): Promise<void> {
    while (!this.text.includes(part)) await once(this, "read");
  }
}
