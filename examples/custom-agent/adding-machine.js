import { randomUUID } from "node:crypto";

/**
 * Adds up the numbers in the user's messages. The gateway saves and emits each event before it
 * requests the next one.
 * @type {import("@mini-openclaw/gateway").AgentRunner}
 */
export const addingMachine = {
  async *run({ runId, messages, signal }) {
    yield { type: "run_start", runId, timestamp: Date.now() };
    const numbers = messages.filter(({ role }) => role === "user");
    const total = numbers.reduce((sum, { content }) => sum + Number(content), 0);

    const id = randomUUID();
    let content = "";
    for (const piece of ["That makes ", `${total}.`]) {
      if (signal.aborted) break;
      content += piece;
      yield { type: "chunk", runId, messageId: id, content: piece };
    }
    const partial = signal.aborted ? /** @type {const} */ ({ partial: "aborted" }) : {};
    yield { type: "assistant_message", runId, id, content, timestamp: Date.now(), ...partial };

    yield { type: "message_done", runId, content };
    const outcome = signal.aborted ? "aborted" : "completed";
    const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
    yield { type: "run_end", runId, outcome, usage, timestamp: Date.now() };
  },
};
