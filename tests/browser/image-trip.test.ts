import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentRuntime, createBuiltinTools } from "@mini-openclaw/agent-runtime";
import { createAnthropicProvider } from "@mini-openclaw/agent-runtime/anthropic";
import { GatewayServer } from "@mini-openclaw/gateway";
import { openSessionStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, whyNoBrowser } from "./browser.ts";

/** Two pictures of one pixel each. */
const [red, blue] = ["P8z8BQDwAEhQGAhKmMIQ", "Nk+M9QDwADhgGAWjR9aw"].map((pixel) =>
  Buffer.from(
    `iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42m${pixel}AAAABJRU5ErkJggg==`,
    "base64",
  ),
) as [Buffer, Buffer];

const imageOf = (bytes: Buffer) => ({
  type: "image",
  source: { type: "base64", media_type: "image/png", data: bytes.toString("base64") },
});

type Block = { type: string; content?: unknown } & Record<string, unknown>;

/** Returns the images of a message, and of the tool results in it. */
function imagesIn(content: unknown): unknown[] {
  if (!Array.isArray(content)) return [];
  return (content as Block[]).flatMap((block) => {
    const { cache_control: _, ...image } = block;
    return block.type === "image" ? [image] : imagesIn(block.content);
  });
}

const sse = (events: readonly { type: string }[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");

const begin = (content_block: object) => [
  {
    type: "message_start",
    message: {
      ...{ id: "msg_1", type: "message", role: "assistant", model: "m", content: [] },
      ...{ stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } },
    },
  },
  { type: "content_block_start", index: 0, content_block },
];
const end = (delta: object, stop_reason: string) => [
  { type: "content_block_delta", index: 0, delta },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason }, usage: { output_tokens: 5 } },
  { type: "message_stop" },
];

/**
 * A server of the Messages API whose model reads `blue.png` when it sees the red picture, and
 * answers when it sees the blue one. It refuses anything else, as a real one refuses a bad image.
 */
async function modelServer() {
  const refused: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
      messages: { content: unknown }[];
    };
    const images = JSON.stringify(body.messages.flatMap(({ content }) => imagesIn(content)));
    const stream = (...events: { type: string }[]) =>
      response.writeHead(200, { "content-type": "text/event-stream" }).end(sse(events));
    if (images === JSON.stringify([imageOf(red)])) {
      const call = { type: "tool_use", id: "toolu_1", name: "read_file", input: {} };
      const input = { type: "input_json_delta", partial_json: '{"file_path":"blue.png"}' };
      stream(...begin(call), ...end(input, "tool_use"));
    } else if (images === JSON.stringify([imageOf(red), imageOf(blue)])) {
      const text = { type: "text_delta", text: "Red, then blue." };
      stream(...begin({ type: "text", text: "" }), ...end(text, "end_turn"));
    } else {
      refused.push(images);
      const error = { type: "invalid_request_error", message: `Could not process images: ${images}` };
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ type: "error", error }));
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    refused,
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

if (whyNoBrowser) console.warn(`The browser tests are skipped: ${whyNoBrowser}.`);

describe.skipIf(whyNoBrowser)("an image", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("goes from the page to the model, and another one from a tool to the model and the page", async () => {
    const folder = await mkdtemp(join(tmpdir(), "image-trip-"));
    await writeFile(join(folder, "blue.png"), blue);
    await using model = await modelServer();
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: model.baseURL });
    const store = await openSessionStore(join(folder, ".mini-openclaw"));
    const agent = new AgentRuntime({ provider, tools: createBuiltinTools(folder) });
    const gateway = new GatewayServer({ store, agent });
    const serve = serveWebChat({});
    const { port } = await gateway.listen({ port: 0, serve });
    try {
      await using tab = await openPage(browser, `http://127.0.0.1:${port}/`);
      const { page } = tab;
      const widthsOf = (selector: string) =>
        page
          .locator(`${selector} img`)
          .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth));
      await page.getByText("Connected").waitFor();
      const picture = { name: "red.png", mimeType: "image/png", buffer: red };
      await page.locator("input[type=file]").setInputFiles([picture]);
      await page.locator("textarea").fill("Which colours?");
      await page.locator("textarea").press("Enter");
      await page.locator(".markdown").getByText("Red, then blue.").waitFor();

      await eventually(() => widthsOf(".user .image")).toEqual([1]);
      await eventually(() => widthsOf(".tool .image")).toEqual([1]);
      await page.reload();
      await page.locator(".markdown").getByText("Red, then blue.").waitFor();
      await eventually(() => widthsOf(".user .image")).toEqual([1]);
      expect(model.refused).toEqual([]);
    } finally {
      await gateway.close({ drainMs: 0 });
      await store.close();
      await rm(folder, { recursive: true });
    }
  });
});
