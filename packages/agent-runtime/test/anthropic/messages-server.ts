import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request that the server got. */
export interface SeenRequest {
  body: Record<string, unknown>;
  headers: IncomingMessage["headers"];
  path?: string;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => unknown;

export interface SseEvent {
  type: string;
  [field: string]: unknown;
}

/** A server that answers its n-th request with the n-th answer, the last one from then on. */
export async function messagesServer(...answers: readonly Answer[]) {
  const requests: SeenRequest[] = [];
  const closed: Promise<unknown>[] = [];
  const server = createServer((request, response) => {
    closed.push(once(response, "close"));
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    request.on("end", () => {
      const { headers, url: path = "" } = request;
      const seen = { body: JSON.parse(text) as Record<string, unknown>, headers, path };
      requests.push(seen);
      answers[Math.min(requests.length, answers.length) - 1]?.(response, seen);
    });
  });
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** Settles when the n-th request's connection or response is over. */
    closed,
    connectionCount: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function sse(...events: readonly SseEvent[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

export const start = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 12, output_tokens: 1, cache_read_input_tokens: 3, cache_creation_input_tokens: 4 },
  },
};

export const openText = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };

export function textDelta(text: string, index = 0) {
  return { type: "content_block_delta", index, delta: { type: "text_delta", text } };
}

export function closeBlock(index = 0) {
  return { type: "content_block_stop", index };
}

export function toolUse(index: number, id: string, name: string, ...json: readonly string[]) {
  return [
    { type: "content_block_start", index, content_block: { type: "tool_use", id, name, input: {} } },
    ...json.map((partial_json) => ({
      type: "content_block_delta",
      index,
      delta: { type: "input_json_delta", partial_json },
    })),
    closeBlock(index),
  ];
}

export function finish(stop_reason: string, output_tokens = 5) {
  return [
    { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens } },
    { type: "message_stop" },
  ];
}

/** Answers with these events, all in one write. */
export function streams(...events: readonly SseEvent[]): Answer {
  return (response) => response.writeHead(200, { "content-type": "text/event-stream" }).end(sse(...events));
}

/** A whole answer of one text. */
export function answers(text: string): Answer {
  return streams(start, openText, textDelta(text), closeBlock(), ...finish("end_turn"));
}

/** Answers with an error as the Messages API words it. */
export function refuses(
  status: number,
  type: string,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  return (response) =>
    response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(JSON.stringify({ type: "error", error: { type, message } }));
}
