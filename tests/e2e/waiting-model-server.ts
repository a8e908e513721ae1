import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Starts a server of the Messages API. It sends the next piece of its only answer when the test
 * calls `goOn`.
 */
export async function startWaitingModelServer(pieces: readonly string[]) {
  let goOn = () => {};
  const untilTold = () =>
    new Promise<void>((resolve) => {
      goOn = resolve;
    });
  const server = createServer((_, response) => void answer(response, pieces, untilTold));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    goOn: () => goOn(),
    env: { ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}` },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(response: ServerResponse, pieces: readonly string[], untilTold: () => Promise<void>) {
  const send = (event: { type: string } & Record<string, unknown>) =>
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  send({ type: "message_start", message: { role: "assistant", content: [], usage: { input_tokens: 1 } } });
  send({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
  for (const text of pieces) {
    const told = untilTold();
    send({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
    await told;
  }
  send({ type: "content_block_stop", index: 0 });
  send({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } });
  send({ type: "message_stop" });
  response.end();
}
