import { EventEmitter, once } from "node:events";
import type { ClientEvent, ServerEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { rounds } from "./rounds.ts";
import { buildProgram, startServer, temporaryFolder } from "./server-process.ts";
import { type Order, storyOf } from "./story.ts";

const ANSWERS = rounds({ short: 8, long: 50 });
// Code that is compiled is there by then.
const WARM_UP = rounds({ short: 1, long: 5 });

// Of 50 MB: the goal. Of 8 MB: half of what it would be if the frames were kept.
const MAX_GROWTH_BYTES = rounds({ short: 16, long: 32 }) * 1_048_576;

/** 1 MB each. */
const orders: Order[] = Array.from({ length: WARM_UP + ANSWERS }, (_, seed) => {
  return { seed, pieces: 1000, chars: 1000, gapMs: 0 };
});

test(`a client that never reads while ${ANSWERS} MB go by costs little, and gets everything when it reads again`, async () => {
  await using folder = await temporaryFolder();
  await using server = await startServer(await buildProgram("server", folder.path), folder.path);
  const url = `ws://127.0.0.1:${server.port}/`;
  const slow = await Listener.connect(url);
  const asking = await Listener.connect(url);
  const growths: number[] = [];
  let before = 0;
  for (const [index, order] of orders.entries()) {
    if (index === WARM_UP) {
      await slow.runs(WARM_UP);
      slow.socket.pause();
      before = await server.usedBytes();
    }
    asking.send({ type: "message", content: JSON.stringify(order) });
    await asking.runs(index + 1);
    if (index >= WARM_UP) growths.push((await server.usedBytes()) - before);
  }
  const unread = orders.length - slow.runCount;
  slow.socket.resume();
  await slow.runs(orders.length);

  const mebibytes = (bytes: number) => (bytes / 1_048_576).toFixed(1);
  console.log(
    `torture slow reader: ${unread} answers of 1 MB unread; the server grew by at most ${mebibytes(Math.max(...growths))} MiB, ${mebibytes(growths.at(-1) ?? 0)} at the end`,
  );
  expect(unread).toBe(ANSWERS);
  // A gateway that kept the frames for it would hold each answer four times: as chunks, and whole in two frames, and its entry.
  expect(Math.max(...growths)).toBeLessThan(MAX_GROWTH_BYTES);
  const stories = orders.map((order) => storyOf(order).join(""));
  expect([...slow.texts.values()].map((text, index) => text === stories[index])).toEqual(
    stories.map(() => true),
  );
  expect(slow.seqs).toEqual(slow.seqs.toSorted((one, other) => one - other));
  expect(new Set(slow.seqs).size).toBe(slow.seqs.length);
  for (const { socket } of [slow, asking]) socket.terminate();
}, 600_000);

/** A client that puts answers together as PROTOCOL.md says. */
class Listener extends EventEmitter {
  readonly socket: WebSocket;
  readonly seqs: number[] = [];
  /** By id, in the order in which they began. */
  readonly texts = new Map<string, string>();
  runCount = 0;

  private constructor(socket: WebSocket) {
    super();
    this.socket = socket;
    socket.on("message", (bytes: Buffer) => this.#take(JSON.parse(bytes.toString()) as ServerEvent));
  }

  static async connect(url: string): Promise<Listener> {
    const listener = new Listener(new WebSocket(url));
    await once(listener, "connected");
    return listener;
  }

  send(event: ClientEvent): void {
    this.socket.send(JSON.stringify(event));
  }

  /** Resolves when so many runs have ended. */
  async runs(count: number): Promise<void> {
    while (this.runCount < count) await once(this, "run_end");
  }

  #take(frame: ServerEvent): void {
    if ("seq" in frame) this.seqs.push(frame.seq);
    if (frame.type === "chunk") {
      this.texts.set(frame.messageId, (this.texts.get(frame.messageId) ?? "") + frame.content);
    }
    if (frame.type === "assistant_message") this.texts.set(frame.id, frame.content);
    if (frame.type === "run_end") this.runCount += 1;
    if (frame.type !== "error") this.emit(frame.type);
  }
}
