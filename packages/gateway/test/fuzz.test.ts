import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { mutate, type Random, randomNumbers } from "./mutate.ts";
import { closeFrame, frame, handshake, RawClient } from "./raw-client.ts";
import { testGateway } from "./test-gateway.ts";

/*
 * Each test lasts a second by default. In CI, and with `pnpm --filter @mini-openclaw/gateway run
 * fuzz`, both last a minute. FUZZ_MS sets the length of each in milliseconds. The input depends on
 * the seed alone. The seed is always the same, so that no change fails for code that it did not
 * touch. `run fuzz` uses another seed each time, and FUZZ_SEED repeats one.
 */
const duration = Number(process.env["FUZZ_MS"] ?? 1000);
const timeout = duration + 300_000;
const seed = Number(process.env["FUZZ_SEED"] ?? 1);

// Measured: after a minute, 27,000 connections, memory is 4 MiB higher, as after 20 s. A leak of
// 1 KiB a connection would be 26 MiB.
const MAX_GROWTH_BYTES = 16 * 1_048_576;

const token = "0123456789abcdef0123456789abcdef";

/** Right things to begin from: what is nearly right gets furthest. */
const events = [
  '{"type":"message","content":"你好，你是谁？","id":"q1"}',
  '{"type":"message","content":"hello","mode":"interrupt"}',
  '{"type":"ping","id":"p"}',
  '{"type":"create"}',
  '{"type":"abort","sessionId":"SESSION"}',
  '{"type":"history","sessionId":"SESSION","limit":5,"before":9}',
  '{"type":"resume","sessionId":"SESSION","epoch":"1","after":3}',
  '{"type":"unwatch"}',
  '{"type":"list","limit":3,"archived":false}',
  '{"type":"search","text":"hello"}',
  '{"type":"retry","sessionId":"SESSION","runId":"0199f3a0-0000-7000-8000-000000000000"}',
  '{"type":"fork","sessionId":"SESSION","at":1}',
  '{"type":"delete","sessionId":"SESSION"}',
  '{"type":"undelete","sessionId":"SESSION"}',
  '{"type":"rename","sessionId":"SESSION","title":"a title"}',
  '{"type":"archive","sessionId":"SESSION"}',
  '{"type":"unarchive","sessionId":"SESSION"}',
  '{"type":"approve","sessionId":"SESSION","callId":"c1","decision":"once"}',
  '{"type":"message","content":"wait","mode":"steer","sessionId":"SESSION"}',
  '{"type":"auth","token":"x"}',
];

/** A message as frames: whole or in pieces, with a wrong bit now and then. */
function framesOf(text: Buffer, random: Random): Buffer[] {
  if (random(4) > 0)
    return [frame(text, random(20) === 0 ? { opcode: random(16), reserved: random(8) } : {})];
  const cut = random(text.length + 1);
  const middle = frame("", { opcode: 9 });
  return [frame(text.subarray(0, cut), { fin: false }), middle, frame(text.subarray(cut), { opcode: 0 })];
}

/**
 * Creates the bytes of one connection, sent at once: some frames are right, some are changed as
 * text, some as bytes.
 */
function conversation(random: Random, sessionId: string): Buffer {
  const frames = Array.from({ length: 1 + random(8) }, () => {
    const event = (events[random(events.length)] ?? "").replace("SESSION", sessionId);
    const text = random(3) === 0 ? Buffer.from(event) : mutate(Buffer.from(event), random);
    return Buffer.concat(framesOf(text, random));
  });
  const bytes = Buffer.concat(frames);
  return random(3) === 0 ? mutate(bytes, random) : bytes;
}

/** Repeats `once` until the time is over. Prints the number of rounds and the seed. */
async function fuzz(once: (random: Random) => Promise<void>): Promise<void> {
  const endsAt = performance.now() + duration;
  let round = 0;
  for (; performance.now() < endsAt; round += 1) {
    try {
      await once(randomNumbers(seed + round));
    } catch (cause) {
      throw new Error(`repeat with FUZZ_SEED=${seed + round}`, { cause });
    }
  }
  console.log(`fuzz: ${round} connections from seed ${seed}`);
}

/** Ends a connection as clients do: with a close frame, without one, or with a reset. */
async function leave(client: RawClient, random: Random): Promise<void> {
  const how = random(3);
  if (how === 0) client.write(closeFrame(1000));
  if (how <= 1) client.socket.end();
  else client.socket.resetAndDestroy();
  await client.closed();
}

describe("random bytes", { timeout }, () => {
  test("as frames cause no internal error, and memory does not grow", async () => {
    // On disk: what is rightly kept is not what memory is measured by.
    const directory = await mkdtemp(join(tmpdir(), "fuzz-"));
    const store = await openSessionStore(directory);
    {
      await using gateway = await testGateway({ store, limits: { maxQueuedMessages: 3 } });
      const { sessionId } = await gateway.connect();
      const talk = async (random: Random) => {
        using client = await RawClient.open(gateway.address);
        client.write(conversation(random, sessionId));
        await leave(client, random);
      };
      // After these rounds, everything made once and kept exists, such as compiled code.
      for (let round = 1; round <= 100; round += 1) await talk(randomNumbers(seed - round));
      const before = memory();

      await fuzz(talk);

      await (await gateway.connect()).roundTrip();
      expect(gateway.failures).toEqual([]);
      console.log(`fuzz: memory grew by ${memory() - before} bytes`);
      expect(memory() - before).toBeLessThan(MAX_GROWTH_BYTES);
    }
    await rm(directory, { recursive: true });
  });

  test("as handshakes are answered or closed, and none connects without the token", async () => {
    await using gateway = await testGateway({ listen: { token } });
    const offers = [
      { Authorization: "Bearer x" },
      { Cookie: "mini_openclaw=x" },
      { "Sec-WebSocket-Protocol": "mini-openclaw, bearer.x" },
      { Origin: `http://${gateway.address}` },
    ];

    await fuzz(async (random) => {
      using client = await RawClient.connect(gateway.address);
      const line = random(2) === 0 ? "GET / HTTP/1.1" : "GET /?auth=frame HTTP/1.1";
      const right = handshake(gateway.address, { line, headers: offers[random(offers.length)] ?? {} });
      client.write(mutate(Buffer.from(right), random));
      client.write(frame('{"type":"message","content":"let me in"}'));
      await leave(client, random);
    });

    expect((await gateway.store.listSessions()).sessions).toEqual([]);
    await (await gateway.connect({ Authorization: `Bearer ${token}` })).roundTrip();
    expect(gateway.failures).toEqual([]);
  });

  test("as HTTP requests cause no internal error, and each answer ends", async () => {
    await using gateway = await testGateway({ limits: { maxQueuedMessages: 3 } });
    const { sessionId } = await gateway.connect();

    await fuzz(async (random) => {
      using client = await RawClient.connect(gateway.address);
      const whole = Buffer.from(httpRequests(random, gateway.address, sessionId));
      client.write(random(3) === 0 ? whole : mutate(whole, random));
      await leave(client, random);
    });

    expect((await gateway.get("/sessions")).status).toBe(200);
    await expect.poll(() => gateway.gateway.health().connections).toBe(1);
    expect(gateway.failures).toEqual([]);
  });
});

/** Some requests on one socket, right as they stand. */
function httpRequests(random: Random, address: string, sessionId: string): string {
  const body = JSON.stringify({ content: "hello", id: `q${random(10)}` });
  const lines = [
    "GET /sessions?limit=5",
    `GET /sessions/${sessionId}/messages?before=9`,
    `GET /sessions/${sessionId}/events?after=${random(20)}`,
    `GET /sessions/${sessionId}/export`,
    `POST /sessions/${sessionId}/messages`,
    `POST /sessions/${sessionId}/abort`,
    "POST /sessions",
  ];
  const accept = random(2) === 0 ? "text/event-stream" : "application/json";
  const fields = [`Host: ${address}`, `Accept: ${accept}`, `Last-Event-ID: ${random(9)}`];
  return Array.from({ length: 1 + random(3) }, () => {
    const line = `${lines[random(lines.length)]} HTTP/1.1`;
    const content = line.startsWith("POST") ? body : "";
    const type = ["Content-Type: application/json", `Content-Length: ${content.length}`];
    return [line, ...fields, ...(content === "" ? [] : type), "", content].join("\r\n");
  }).join("");
}

/** Bytes in use, in the heap and outside of it, after a collection. */
function memory(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
