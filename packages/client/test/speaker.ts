import { EventEmitter, once } from "node:events";
import type { AgentRunner } from "@mini-openclaw/protocol";

const noUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** An agent whose answers a test controls, one run after the other. */
export interface Speaker {
  readonly agent: AgentRunner;
  /** Content of every message that was run, in order. */
  readonly heard: string[];
  /** Resolves when `count` runs have begun. */
  started(count: number): Promise<void>;
  /** Streams a piece of text in the active run. Resolves when it is recorded. */
  say(text: string): Promise<void>;
  /** Ends the active run. */
  end(): void;
}

/**
 * Creates an agent that calls `answer` for each message. Without it, a run waits for `say` and
 * `end`.
 */
export function createSpeaker(answer?: (content: string) => string): Speaker {
  const heard: string[] = [];
  const events = new EventEmitter();
  events.setMaxListeners(0);
  const pieces: { text: string | undefined; recorded: () => void }[] = [];

  async function nextPiece(signal: AbortSignal) {
    while (pieces.length === 0) await once(events, "piece", { signal });
    return pieces.shift();
  }

  return {
    heard,
    agent: {
      async *run({ runId, messages, signal }) {
        const content = messages.at(-1)?.content ?? "";
        const messageId = `${runId}-1`;
        let text = "";
        yield { type: "run_start", runId, timestamp: 1 };
        heard.push(content);
        events.emit("start");
        if (answer) {
          text = answer(content);
          yield { type: "chunk", runId, messageId, content: text };
        } else {
          for (;;) {
            const piece = await nextPiece(signal);
            if (piece?.text === undefined) break;
            text += piece.text;
            yield { type: "chunk", runId, messageId, content: piece.text };
            piece.recorded();
          }
        }
        yield { type: "assistant_message", runId, id: messageId, content: text, timestamp: 2 };
        yield { type: "message_done", runId, content: text };
        yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 3 };
      },
    },
    async started(count) {
      while (heard.length < count) await once(events, "start");
    },
    say(text) {
      return new Promise((recorded) => {
        pieces.push({ text, recorded });
        events.emit("piece");
      });
    },
    end() {
      pieces.push({ text: undefined, recorded: () => undefined });
      events.emit("piece");
    },
  };
}
