// The AI SDK's own server: `streamText` behind `node:http`, as its documentation shows it. It saves
// nothing.
import { createServer } from "node:http";
import process from "node:process";
import { createAnthropic } from "@ai-sdk/anthropic";
import { convertToModelMessages, pipeUIMessageStreamToResponse, streamText, toUIMessageStream } from "ai";

// Its warnings about an unknown model would be part of what is measured.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
const { modelPort } = JSON.parse(process.argv[2] ?? "{}");
const model = createAnthropic({ apiKey: "none", baseURL: `http://127.0.0.1:${modelPort}/v1` })("m");

/**
 * @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse}
 * response
 */
async function answer(request, response) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const { messages } = JSON.parse(Buffer.concat(pieces).toString());
  const result = streamText({ model, messages: await convertToModelMessages(messages) });
  const stream = toUIMessageStream({ stream: result.fullStream });
  await pipeUIMessageStreamToResponse({ response, stream });
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") process.send?.({ port: address?.port });
});
