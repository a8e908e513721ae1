import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";
import { chunks, done } from "../openai/chat-server.ts";

const stream = chunks({ delta: { content: "Hello" } }, { finish_reason: "stop" }) + done;
const headers = { "content-type": "text/event-stream" };
const bytes = new TextEncoder().encode(stream);

async function runWith(fetch: () => unknown) {
  const provider = createOpenAIProvider({ model: "m", baseURL: "http://127.0.0.1:1", fetch: fetch as never });
  const events = await eventsOf(new AgentRuntime({ provider, maxRetries: 0 }), inputOf("hi"));
  return { events, error: events.find(({ type }) => type === "error") };
}

/** A response as other libraries make them. */
function given(body: unknown, fields: object = {}) {
  return { ok: true, status: 200, url: "", headers: new Headers(headers), body, ...fields };
}

test.each<[kind: string, body: () => unknown]>([
  ["a stream of Node", () => Readable.from([Buffer.from(stream)])],
  ["a stream of Node that gives texts", () => Readable.from([stream])],
  [
    "an async generator",
    async function* () {
      yield bytes;
    },
  ],
  ["a web stream", () => new Response(stream).body],
])("reads a body that is %s", async (_, body) => {
  const { events } = await runWith(async () => given(body()));
  expect(outline(events)).toContain("chunk Hello");
  expect(outline(events).at(-1)).toBe("run_end completed");
});

test.each([null, undefined])("a body of %s is an empty one", async (body) => {
  const { error } = await runWith(async () => given(body));
  expect(error).toMatchObject({ code: "MODEL_UNREACHABLE" });
});

test.each<[what: string, response: unknown]>([
  ["nothing", undefined],
  ['"x"', "x"],
  ["an object", given(null, { headers })],
])("names a fetch that resolves with %s", async (what, response) => {
  const { error } = await runWith(async () => response);
  const message = `The provider's \`fetch\` must resolve with a Response, got ${what}.`;
  expect(error).toMatchObject({ code: "MODEL_FAILED", message, retryable: false });
});

test("names a fetch that read the body", async () => {
  const { error } = await runWith(async () => {
    const response = new Response(stream, { headers });
    await response.text();
    return response;
  });
  expect(error).toHaveProperty("message", expect.stringContaining("whose body was read already"));
});

test.each<[what: string, failure: unknown]>([
  ["nothing", undefined],
  [
    "a proxy that throws",
    new Proxy(
      {},
      {
        get() {
          throw new Error("unreadable");
        },
      },
    ),
  ],
  ["an error", new Error("reset")],
])("a body that fails with %s fails the run, and no process", async (_, failure) => {
  const { error } = await runWith(async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(failure) });
    return new Response(body, { headers });
  });
  expect(error).toMatchObject({ code: "MODEL_UNREACHABLE" });
});

test("a body that is left is cancelled", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(bytes),
    cancel: () => {
      cancelled = true;
      throw new Error("too late");
    },
  });
  const { events } = await runWith(async () => new Response(body, { headers }));
  expect(outline(events).at(-1)).toBe("run_end completed");
  await expect.poll(() => cancelled, { timeout: 5000 }).toBe(true);
});

describe.each([
  ["Messages", createAnthropicProvider],
  ["Chat", createOpenAIProvider],
  ["Responses", createOpenAIResponsesProvider],
])("options of %s", (_, create) => {
  test.each<[mistake: string, options: object, named: string]>([
    ["headers in a Headers", { headers: new Headers({ a: "b" }) }, "`headers` must be a plain object"],
    ["a query in URLSearchParams", { query: new URLSearchParams("a=b") }, "`query` must be a plain object"],
    ["fields in a Map", { extraBody: new Map([["a", 1]]) }, "`extraBody` must be a plain object"],
    [
      "a field that JSON has not",
      { extraBody: { seed: 5n } },
      "`extraBody` must be an object that JSON can write",
    ],
  ])("name %s", (_mistake, options, named) => {
    expect(() => create({ apiKey: "k", model: "m", ...options })).toThrow(named);
  });
});
