import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentInput, AgentRunner, RunEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { gate, testGateway } from "./test-gateway.ts";

/** A PNG as far as its first bytes go. */
function png(bytes: number, fill = 1): Buffer {
  const head = Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");
  return Buffer.concat([head, Buffer.alloc(bytes, fill)]).subarray(0, bytes);
}

const large = png(200_000);
const small = png(300);
const idOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const image = (bytes: Buffer, name?: string) => ({
  ...{ type: "image" as const, mediaType: "image/png", data: bytes.toString("base64") },
  ...(name !== undefined && { name }),
});

/** An agent that notes its input, and answers with a tool result that has the images it got. */
function mirror() {
  const inputs: AgentInput[] = [];
  const agent: AgentRunner = {
    async *run(input): AsyncGenerator<RunEvent> {
      const { runId, messages } = input;
      inputs.push(input);
      const last = messages.findLast(({ role }) => role === "user");
      const blocks = (last?.role === "user" && last.blocks) || [];
      const common = { runId, timestamp: 1 };
      yield { type: "run_start", ...common };
      const call = { callId: "c1", toolName: "mirror", input: {} };
      yield { type: "assistant_message", ...common, id: `a-${runId}`, content: "", toolCalls: [call] };
      yield { type: "tool_start", runId, callId: "c1", toolName: "mirror", input: {} };
      const done = { callId: "c1", toolName: "mirror", output: "seen", isError: false };
      yield { type: "tool_done", ...common, id: `t-${runId}`, ...done, blocks };
      yield { type: "message_done", runId, content: "" };
      yield { type: "run_end", ...common, outcome: "completed", usage: noUsage };
    },
  };
  return { agent, inputs };
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "gateway-files-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe("a message with images", () => {
  test.each(["files", "memory"])(
    "goes to the agent byte for byte and back out of a tool, with %s",
    async (kind) => {
      await using folder = await temporaryFolder();
      const store = kind === "files" ? await openSessionStore(folder.path) : createMemoryStore();
      const { agent, inputs } = mirror();
      await using gateway = await testGateway({ store, agent });
      const client = await gateway.connect();
      client.send({
        type: "message",
        id: "m1",
        content: "what?",
        blocks: [image(large, "cat.png"), image(small)],
      });
      const user = await client.next("user_message");
      const done = await client.next("tool_done");
      await client.next("run_end");

      const stored = {
        type: "image",
        mediaType: "image/png",
        name: "cat.png",
        blob: idOf(large),
        bytes: 200_000,
      };
      expect(user.content).toBe("what?\n[image: cat.png, 200 kB]\n[image: image/png, 300 bytes]");
      expect(user.blocks).toEqual([stored, image(small), { type: "text", text: "what?" }]);
      expect(done.blocks).toEqual(user.blocks);
      const [input] = inputs;
      const given = input?.messages[0];
      expect(given?.role === "user" && given.blocks).toEqual([
        { ...stored, data: large.toString("base64") },
        image(small),
        { type: "text", text: "what?" },
      ]);

      client.send({ type: "history", sessionId: client.sessionId });
      const history = await client.next("history");
      expect(history.messages.map((entry) => ("blocks" in entry ? entry.blocks?.[0] : undefined))).toEqual([
        stored,
        undefined,
        stored,
      ]);
      const answer = await gateway.get(`/sessions/${client.sessionId}/blobs/${idOf(large)}`);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(large);
      const exported = await (await gateway.get(`/sessions/${client.sessionId}/export`)).text();
      expect(exported.length).toBeLessThan(5000);
      expect(exported).toContain(idOf(large));
      if (kind !== "files") return;
      const transcript = await readFile(join(folder.path, `${client.sessionId}.jsonl`), "utf8");
      expect(transcript.length).toBeLessThan(5000);
      expect(await readdir(join(folder.path, "blobs", client.sessionId))).toEqual([idOf(large)]);
    },
  );

  test("is accepted over HTTP and from inside the process, and may have no text", async () => {
    const { agent, inputs } = mirror();
    await using gateway = await testGateway({ agent });
    const body = JSON.stringify({ content: "", blocks: [image(large)] });
    const headers = { "content-type": "application/json" };
    const answer = await gateway.get("/sessions/current/messages", { method: "POST", body, headers });
    expect([answer.status, await answer.json()]).toMatchObject([200, { outcome: "completed" }]);
    const { ended } = await gateway.gateway.submit({ key: "cron", content: "", blocks: [image(small)] });
    await ended;
    expect(inputs.map(({ messages }) => messages[0]?.content)).toEqual([
      "[image: image/png, 200 kB]",
      "[image: image/png, 300 bytes]",
    ]);
    await expect(
      gateway.gateway.submit({
        key: "cron",
        content: "",
        blocks: [{ ...image(small), mediaType: "image/gif" }],
      }),
    ).rejects.toMatchObject({ code: "INVALID_FRAME" });
  });

  test("waits in the queue, steers, and is there after a retry", async () => {
    const [held, release] = gate();
    const agent = scriptedAgent([[{ waits: held }, { steers: true }, "ok"], "ok", "ok"]);
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await client.next("run_start");
    client.send({ type: "message", id: "q", content: "two", blocks: [image(large, "q.png")] });
    client.send({ type: "message", id: "s", content: "now", mode: "steer", blocks: [image(large, "s.png")] });
    const queued = [await client.next("message_queued"), await client.next("message_queued", 2)];
    const viewer = await gateway.connect();
    viewer.send({ type: "resume", sessionId: client.sessionId });
    const shown = await viewer.next("message_queued");
    release();
    const { runId } = await client.next("run_end", 2);
    client.send({ type: "retry", sessionId: client.sessionId, runId });
    await client.next("run_end", 3);

    expect(queued.map(({ blocks }) => blocks?.[0])).toMatchObject([
      { name: "q.png", blob: idOf(large) },
      { name: "s.png", blob: idOf(large) },
    ]);
    expect(shown).toMatchObject({ blocks: [{ name: "q.png" }, { type: "text", text: "two" }] });
    const last = agent.inputs[2]?.messages.at(-1);
    expect(last).toMatchObject({ content: "two\n[image: q.png, 200 kB]" });
    expect(last?.role === "user" && last.blocks?.[0]).toMatchObject({ data: large.toString("base64") });
  });

  test("runs once when it is sent again, and conflicts with other files under its id", async () => {
    const store = createMemoryStore();
    const { agent } = mirror();
    const message = { type: "message" as const, id: "m1", content: "hi", blocks: [image(large, "a.png")] };
    let sessionId = "";
    {
      const gateway = await testGateway({ store, agent });
      const client = await gateway.connect();
      sessionId = client.sessionId;
      client.send(message);
      await client.next("run_end");
      client.send(message);
      expect((await client.next("ack", 2)).runId).toBe((await client.next("ack")).runId);
      await gateway.gateway.close({ drainMs: 0 });
    }
    await using gateway = await testGateway({ store, agent });
    const client = await gateway.connect();
    client.send({ ...message, sessionId });
    await client.next("ack");
    client.send({ ...message, sessionId, blocks: [image(png(200_000, 2), "a.png")] });
    expect(await client.next("error")).toMatchObject({ code: "REQUEST_CONFLICT" });
  });
});

describe("a file that is refused", () => {
  const text = (bytes: Buffer) => ({
    ...{ type: "document" as const, mediaType: "text/plain", data: bytes.toString("base64") },
  });

  test.each([
    [
      "too many",
      [image(small), image(small), image(small)],
      "`blocks` must have at most 2 items, got 3. Send several messages.",
    ],
    [
      "too large",
      [image(png(5001))],
      "`blocks[0].data` must have at most 5000 bytes, got 5001. Send a smaller file.",
    ],
    [
      "of another type",
      [image(Buffer.from("GIF89a000000"))],
      /^`blocks\[0\]\.data` must be the bytes of a file of type image\/png, got those of image\/gif\./,
    ],
    [
      "not UTF-8",
      [image(small), text(Buffer.from([0xff, 0xfe, 0x41]))],
      "`blocks[1].data` must be UTF-8 without NUL for text/plain. Convert the file to UTF-8.",
    ],
    ["text with NUL", [text(Buffer.from("a\0b"))], /without NUL/],
  ])("because it is %s names field, limit and remedy, and costs nothing", async (_, blocks, message) => {
    await using gateway = await testGateway({ limits: { maxBlocks: 2, maxBlockBytes: 5000 } });
    const client = await gateway.connect();
    client.send({ type: "message", id: "m1", content: "hi", blocks });
    const error = await client.next("error");
    expect(error).toMatchObject({ code: "INVALID_FRAME", retryable: false, replyTo: "m1" });
    expect(error.message).toMatch(message);
    client.send({ type: "message", content: "still here", blocks: [text(Buffer.from("龙"))] });
    expect(await client.next("user_message")).toMatchObject({
      content: "still here\n[document: text/plain, 3 bytes]",
    });
  });

  test("comes with no limits for a gateway that takes none", async () => {
    await using gateway = await testGateway({ limits: { maxBlocks: 0 } });
    const client = await gateway.connect();
    expect(await client.next("connected")).toMatchObject({ limits: { maxBlocks: 0 } });
    client.send({ type: "message", content: "hi", blocks: [image(small)] });
    expect((await client.next("error")).message).toContain("at most 0 items");
    await expect(testGateway({ limits: { maxBlockBytes: 0 } })).rejects.toThrow("`limits.maxBlockBytes`");
  });
});

describe("GET /sessions/:id/blobs/:blob", () => {
  test("runs nothing in a browser: images are shown, and all else is a download", async () => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const html = Buffer.from(`<script>alert(1)</script>${" ".repeat(10_000)}`);
    const pdf = Buffer.from(`%PDF-1.7\n${"x".repeat(10_000)}`);
    const file = (mediaType: string, bytes: Buffer) => ({
      ...{ type: "document" as const, mediaType, data: bytes.toString("base64"), name: 'a".html' },
    });
    const blocks = [image(large), file("application/pdf", pdf), file("text/plain", html)];
    client.send({ type: "message", content: "hi", blocks });
    await client.next("run_end");
    const answers = await Promise.all(
      [large, pdf, html].map((bytes) => gateway.get(`/sessions/${client.sessionId}/blobs/${idOf(bytes)}`)),
    );
    expect(
      answers.map(({ headers }) => [headers.get("content-type"), headers.get("content-disposition")]),
    ).toEqual([
      ["image/png", "inline"],
      ["application/pdf", `attachment; filename="${idOf(pdf).slice(0, 16)}"`],
      ["application/octet-stream", `attachment; filename="${idOf(html).slice(0, 16)}"`],
    ]);
    for (const { headers } of answers) {
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
      expect(headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    }
    expect(Buffer.from(await (answers[2] as Response).arrayBuffer())).toEqual(html);
    const head = await gateway.get(`/sessions/${client.sessionId}/blobs/${idOf(pdf)}`, { method: "HEAD" });
    expect([head.headers.get("content-length"), await head.text()]).toEqual([String(pdf.length), ""]);
  });

  test("belongs to the readers of the session, and is missing for others", async () => {
    const authenticate = (request: { headers: Record<string, unknown> }) => ({
      id: String(request.headers["x-user"]),
    });
    await using gateway = await testGateway({ authenticate: authenticate as never });
    const alice = await gateway.connect({ "x-user": "alice" });
    alice.send({ type: "message", content: "hi", blocks: [image(large)] });
    await alice.next("run_end");
    const get = async (user: string, path: string) => {
      const { status } = await gateway.get(`/sessions/${path}`, { headers: { "x-user": user } });
      return status;
    };
    const path = `${alice.sessionId}/blobs/${idOf(large)}`;
    expect(await get("alice", path)).toBe(200);
    expect(await get("bob", path)).toBe(404);
    const bob = await gateway.connect({ "x-user": "bob" });
    expect(await get("bob", `${bob.sessionId}/blobs/${idOf(large)}`)).toBe(404);
    expect(await get("alice", `${alice.sessionId}/blobs/..%2f..%2fetc%2fpasswd`)).toBe(404);
  });

  test("is 404 where the store keeps files inline or the blob is missing, and the run continues", async () => {
    await using folder = await temporaryFolder();
    const store = await openSessionStore(folder.path);
    const { agent, inputs } = mirror();
    await using gateway = await testGateway({ store, agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hi", blocks: [image(large, "cat.png")] });
    await client.next("run_end");
    await writeFile(join(folder.path, "blobs", client.sessionId, idOf(large)), "damaged");
    const answer = await gateway.get(`/sessions/${client.sessionId}/blobs/${idOf(large)}`);
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: "NOT_FOUND" }]);
    client.send({ type: "message", content: "again" });
    expect(await client.next("run_end", 2)).toMatchObject({ outcome: "completed" });
    const first = inputs[1]?.messages[0];
    expect(first?.role === "user" && first.blocks?.[0]).toEqual({
      ...{ type: "image", mediaType: "image/png", name: "cat.png", blob: idOf(large), bytes: 200_000 },
    });
  });

  test("keeps files inline with a store that has no blobs", async () => {
    const store = createMemoryStore();
    const plain = new Proxy(store, {
      get(target, name) {
        if (name === "loadBlob") return undefined;
        if (name === "openLog") {
          return async (sessionId: string) => {
            const log = await target.openLog(sessionId);
            return new Proxy(log, {
              get: (one, field) => {
                const value = field === "saveBlob" ? undefined : Reflect.get(one, field, one);
                return typeof value === "function" ? value.bind(one) : value;
              },
            });
          };
        }
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await using gateway = await testGateway({ store: plain });
    const client = await gateway.connect();
    client.send({ type: "message", content: "hi", blocks: [image(large)] });
    expect((await client.next("user_message")).blocks?.[0]).toEqual(image(large));
    const answer = await gateway.get(`/sessions/${client.sessionId}/blobs/${idOf(large)}`);
    expect(answer.status).toBe(404);
  });
});

test("a store that returns no id for a blob refuses the message, and names the method", async () => {
  const store = createMemoryStore();
  const openLog = store.openLog.bind(store);
  store.openLog = async (sessionId) =>
    Object.assign(await openLog(sessionId), { saveBlob: async () => undefined as never });
  await using gateway = await testGateway({ store });
  const client = await gateway.connect();
  client.send({ type: "message", content: "hi", blocks: [image(large)] });
  expect(await client.next("error")).toMatchObject({ code: "INTERNAL" });
  expect(gateway.failures.join()).toContain("log.saveBlob");
});

test("a run gets the newest files up to the limit, and the older ones without their bytes", async () => {
  const { agent, inputs } = mirror();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  for (let count = 1; count <= 6; count += 1) {
    client.send({ type: "message", content: `${count}`, blocks: [image(png(4_000_000, count))] });
    await client.next("run_end", count);
  }
  const files = (inputs.at(-1)?.messages ?? []).flatMap((message) =>
    "blocks" in message ? (message.blocks ?? []).filter(({ type }) => type === "image") : [],
  );
  const loaded = files.map((file) => "data" in file && file.data !== undefined);
  expect(loaded.filter(Boolean)).toHaveLength(5);
  expect(loaded.slice(-5)).toEqual([true, true, true, true, true]);
});
