import { once } from "node:events";
import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";
import { chunks, done, sse } from "../openai/chat-server.ts";

const BOM = "\u{feff}";
const head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: ";
const events = `${head}text/event-stream\r\n\r\n`;
const document = `${head}application/json\r\n\r\n`;
const stream = chunks({ delta: { content: "Hello" } }, { finish_reason: "stop" }) + done;
const quota = JSON.stringify({ error: { message: "quota is used up", type: "insufficient_quota" } });

/** A run against a server that answers each request with these bytes. */
async function runAgainst(answer: string | Buffer, create = createOpenAIProvider) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  try {
    const provider = create({ model: "m", apiKey: "k", baseURL: `http://127.0.0.1:${port}` });
    const all = await eventsOf(new AgentRuntime({ provider, maxRetries: 0 }), inputOf("hi"));
    return { all, error: all.find(({ type }) => type === "error") };
  } finally {
    server.close();
  }
}

test.each<[what: string, answer: string | Buffer]>([
  ["lines that end with CR", events + stream.replaceAll("\n", "\r")],
  ["fields behind the data, on lines that end with CR", events + stream.replaceAll("\n\n", "\rid: 5\r\r")],
  [
    "a whole answer behind a byte order mark",
    `${document}${BOM}{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}`,
  ],
  [
    "answers on the way",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${events}${stream}`,
  ],
  [
    "two encodings, one of which is none",
    Buffer.concat([
      Buffer.from(events.replace("connection", "content-encoding: GZIP, identity\r\nconnection")),
      gzipSync(stream),
    ]),
  ],
])("reads %s", async (_, answer) => {
  const { all } = await runAgainst(answer);
  expect(outline(all)).toContain("chunk Hello");
  expect(outline(all).at(-1)).toBe("run_end completed");
});

test.each<[what: string, answer: string, named: string]>([
  ["an error as it is, behind a comment", `${events}: wait\n\n${quota}`, "quota is used up"],
  [
    "an error as it is, in the middle",
    `${events}${chunks({ delta: { content: "He" } })}${quota}\n\n`,
    "quota is used up",
  ],
  [
    "an error behind a byte order mark",
    `${document.replace("200", "400")}${BOM}${quota}`,
    "/chat/completions: quota is used up",
  ],
  [
    "a protocol of its own",
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    "answered 101",
  ],
])("shows %s", async (_, answer, named) => {
  const { error } = await runAgainst(answer);
  expect(error).toHaveProperty("message", expect.stringContaining(named));
});

test("what looks like an error in no event is none", async () => {
  const { all } = await runAgainst(`${events}{"error"\n\n{"id":1}\n\n${stream}`);
  expect(outline(all).at(-1)).toBe("run_end failed");
  const { all: others } = await runAgainst(`${events}: wait\n\n{"error"\n\n{"id":1}\n\n${stream}`);
  expect(outline(others).at(-1)).toBe("run_end completed");
});

test.each(["response.cancelled", "response.done"])("a cancelled response (%s) is no answer", async (type) => {
  const delta = sse({ type: "response.output_text.delta", output_index: 0, delta: "Hel" });
  const end = sse({ type, response: { status: "cancelled", output: [] } });
  const { error } = await runAgainst(events + delta + end, createOpenAIResponsesProvider);
  expect(error).toMatchObject({ code: "MODEL_FAILED" });
});
