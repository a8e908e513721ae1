import type { Answer } from "../anthropic/messages-server.ts";

export type Choice = { delta?: Record<string, unknown>; finish_reason?: string };

/** Chunks of a Chat Completions stream, each with one choice. */
export function chunks(...choices: readonly Choice[]): string {
  return choices
    .map(({ delta = {}, finish_reason = null }) => sse({ choices: [{ index: 0, delta, finish_reason }] }))
    .join("");
}

export function sse(event: unknown): string {
  return `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`;
}

export function usage(prompt_tokens: number, completion_tokens: number, cached_tokens = 0): string {
  return sse({
    choices: [],
    usage: { prompt_tokens, completion_tokens, prompt_tokens_details: { cached_tokens } },
  });
}

export const done = sse("[DONE]");

/** Answers with this stream, in one write. */
export function streams(...parts: readonly string[]): Answer {
  return (response) => response.writeHead(200, { "content-type": "text/event-stream" }).end(parts.join(""));
}

/** Answers with an error as OpenAI words it. */
export function refuses(status: number, message: string): Answer {
  return (response) =>
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(JSON.stringify({ error: { message, type: "some_error", code: null } }));
}
