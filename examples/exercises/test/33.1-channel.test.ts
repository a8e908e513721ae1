import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { GatewayServer, textAgent } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import type * as solution from "../solutions/33.1-channel.ts";
import { load } from "./load.ts";

const { serveLines } = await load<typeof solution>("33.1-channel");

test("a line is a message, and its answer comes back, in a session of that person", async () => {
  const store = createMemoryStore();
  const agent = textAgent(({ messages }) => [`You wrote: ${messages.at(-1)?.content}`]);
  const gateway = new GatewayServer({ store, agent });
  const failures: unknown[] = [];
  const server = createServer((socket) => {
    serveLines(socket, "ada", gateway).catch((error: unknown) => {
      failures.push(error);
      socket.destroy();
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const answers: string[] = [];

  socket.write("Hello\n\nAgain\n");
  for await (const line of createInterface({ input: socket })) if (answers.push(line) === 2) break;
  socket.destroy();
  server.close();
  await gateway.close();

  expect(failures).toEqual([]);
  expect(answers).toEqual(["You wrote: Hello", "You wrote: Again"]);
  const { sessionId } = await store.getOrCreateSession("lines:ada");
  expect(await store.loadMessages(sessionId)).toHaveLength(4);
});
