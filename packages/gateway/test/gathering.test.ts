import { once } from "node:events";
import { createServer, request as get } from "node:http";
import type { AddressInfo } from "node:net";
import { Duplex } from "node:stream";
import type { RunEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, onTestFinished, test } from "vitest";
import { type AgentRunner, GatewayServer } from "../src/index.ts";
import { scriptedAgent } from "../src/testing.ts";
import { testGateway } from "./test-gateway.ts";

/** A line to a client that notes the types of the frames that each of its writes carried. */
class NotedLine extends Duplex {
  readonly writes: string[][] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#note([chunk]);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#note(chunks.map(({ chunk }) => chunk));
    done();
  }

  #note(chunks: Buffer[]): void {
    const text = Buffer.concat(chunks).toString("latin1");
    this.writes.push([...text.matchAll(/"type":"(\w+)"/g)].map(([, type = ""]) => type));
    this.emit("noted");
  }

  /** Resolves when a frame of that type was written. */
  async wrote(type: string): Promise<void> {
    while (!this.writes.flat().includes(type)) await once(this, "noted");
  }

  /** Sends a message as the client. */
  say(event: object): void {
    const payload = Buffer.from(JSON.stringify(event));
    const noMask = Buffer.alloc(4);
    this.push(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), noMask, payload]));
  }
}

/** A client of a gateway, at the other end of such a line. */
async function connectedLine(agent: AgentRunner): Promise<NotedLine> {
  const store = createMemoryStore();
  const gateway = new GatewayServer({ store, agent });
  const line = new NotedLine();
  const server = createServer().on("upgrade", (request, socket, head) => {
    socket.destroy();
    gateway.handleUpgrade(request, line, head);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    line.destroy();
    server.close();
    await gateway.close({ drainMs: 0 });
    await store.close();
  });
  const { port } = server.address() as AddressInfo;
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
  };
  get({ port, headers })
    .on("error", () => {})
    .end();
  await line.wrote("connected");
  return line;
}

test("frames of one moment leave in one write, after what the agent has begun in it", async () => {
  const order: string[] = [];
  let sendsOn = () => {};
  const agent: AgentRunner = {
    async *run({ runId }): AsyncGenerator<RunEvent> {
      yield { type: "run_start", runId, timestamp: 1 };
      // As a request to a model is sent on a connection that was kept.
      process.nextTick(() => order.push(`request, after ${line.writes.length - before} writes`));
      await new Promise<void>((resolve) => {
        sendsOn = resolve;
      });
      yield { type: "chunk", runId, messageId: "m", content: "Hello." };
      yield { type: "assistant_message", runId, id: "m", content: "Hello.", timestamp: 1 };
      yield {
        type: "run_end",
        runId,
        outcome: "completed",
        usage: noUsage,
        timestamp: 1,
      };
    },
  };
  const line = await connectedLine(agent);
  const before = line.writes.length;
  line.say({ type: "message", content: "hi" });
  await line.wrote("run_start");
  sendsOn();
  await line.wrote("run_end");

  const eventWrites = line.writes
    .slice(before)
    .map((types) => types.filter((type) => type !== "session_summary"))
    .filter((types) => types.length > 0);
  expect(eventWrites).toEqual([
    ["user_message", "run_start"],
    ["chunk", "assistant_message", "message_done", "run_end"],
  ]);
  expect(order).toEqual(["request, after 0 writes"]);
});

test("frames of every length arrive whole and in order, whatever their characters are", async () => {
  const texts = [
    "a",
    "é漢👋",
    "b".repeat(200),
    "漢".repeat(100),
    "c".repeat(60_000),
    "漢".repeat(60_000),
    "d".repeat(70_000),
    "e",
  ];
  await using gateway = await testGateway({ agent: scriptedAgent([{ says: texts }]) });
  const client = await gateway.connect();
  client.send({ type: "message", content: "hello" });
  await client.next("run_end");

  const chunks = client.frames.flatMap((frame) => (frame.type === "chunk" ? frame.content : []));
  expect(chunks).toEqual(texts);
});
