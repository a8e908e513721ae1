import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, onTestFinished, test } from "vitest";
import { GatewayServer } from "../../src/index.ts";
import { type MemoryWebSocket, memoryWebSocket } from "../../src/testing.ts";
import { echoAgent } from "../test-gateway.ts";

/** A gateway without a port. */
function gatewayInMemory(): GatewayServer {
  const store = createMemoryStore();
  const gateway = new GatewayServer({ store, agent: echoAgent });
  onTestFinished(async () => {
    await gateway.close({ drainMs: 0 });
    await store.close();
  });
  return gateway;
}

/** Frames of one type, as they come. */
function nextFrame(socket: MemoryWebSocket, type: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(data) as Record<string, unknown>;
      if (frame["type"] === type) resolve(frame);
    });
  });
}

function closed(socket: MemoryWebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
  });
}

test("opens, and speaks with the gateway in order", async () => {
  const socket = new (memoryWebSocket(gatewayInMemory()))("ws://memory/");
  expect(() => socket.send("{}")).toThrow("not open yet");
  const heard: string[] = [];
  socket.addEventListener("open", () => heard.push("open"));
  socket.addEventListener("message", ({ data }) => heard.push((JSON.parse(data) as { type: string }).type));
  await nextFrame(socket, "connected");

  socket.send('{"type":"message","content":"hi","id":"q1"}');
  socket.send('{"type":"ping"}');
  await nextFrame(socket, "run_end");

  expect([socket.readyState, heard.slice(0, 2), heard.includes("pong")]).toEqual([
    1,
    ["open", "connected"],
    true,
  ]);
  expect(heard.filter((type) => /^(user_message|chunk|run_end)$/.test(type))).toEqual([
    "user_message",
    "chunk",
    "chunk",
    "run_end",
  ]);
});

test("connects as the principal that the caller names", async () => {
  const gateway = gatewayInMemory();
  const [one, same, other] = ["alice", "alice", "bob"].map((id) =>
    nextFrame(new (memoryWebSocket(gateway, { principal: { id } }))("ws://memory/"), "connected"),
  );

  const sessionId = (await one)?.["sessionId"];
  expect((await same)?.["sessionId"]).toBe(sessionId);
  expect((await other)?.["sessionId"]).not.toBe(sessionId);
});

test("passes each side the reason for which the other closed it", async () => {
  const gateway = gatewayInMemory();
  const leaving = new (memoryWebSocket(gateway))("ws://memory/");
  const left = new (memoryWebSocket(gateway))("ws://memory/");
  await Promise.all([nextFrame(leaving, "connected"), nextFrame(left, "connected")]);

  leaving.close(1000, "done");
  leaving.send("{}");
  expect(await closed(leaving)).toEqual({ code: 1000, reason: "done" });
  await Promise.resolve();
  expect(gateway.health().connections).toBe(1);
  const over = closed(left);
  await gateway.close({ drainMs: 0 });

  expect(await over).toMatchObject({ code: 1001 });
  expect([leaving.readyState, left.readyState]).toEqual([3, 3]);
});

test("never reaches the gateway if it is closed before it opens", async () => {
  const gateway = gatewayInMemory();
  const socket = new (memoryWebSocket(gateway))("ws://memory/");
  const over = closed(socket);
  socket.close();

  expect([await over, gateway.health().connections]).toEqual([{ code: 1005, reason: "" }, 0]);
});

test("reads nothing while it is paused, and everything after", async () => {
  const gateway = gatewayInMemory();
  const socket = new (memoryWebSocket(gateway))("ws://memory/");
  const reading = new (memoryWebSocket(gateway))("ws://memory/");
  await Promise.all([nextFrame(socket, "connected"), nextFrame(reading, "connected")]);
  let count = 0;
  socket.addEventListener("message", () => {
    count += 1;
  });
  socket.pause();
  const over = nextFrame(reading, "run_end");
  reading.send('{"type":"message","content":"hi"}');
  await over;
  expect(count).toBe(0);

  const end = nextFrame(socket, "run_end");
  socket.resume();

  expect(await end).toMatchObject({ outcome: "completed" });
});
