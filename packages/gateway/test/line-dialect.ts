import type { ServerEvent } from "@mini-openclaw/protocol";
import { parseClientEvent } from "@mini-openclaw/protocol/schema";
import type { Dialect, Reading, Translator } from "../src/index.ts";

/**
 * A dialect for people with a terminal. A line is a message, `/stop` stops its answer, and the
 * answer comes back as text. One file is enough for a second dialect.
 */
export const lineDialect: Dialect = { subprotocol: "lines", connect: () => new LineTranslator() };

class LineTranslator implements Translator {
  #sessionId = "";

  read(frame: string): Reading | undefined {
    const line = frame.trim();
    if (line === "") return undefined;
    const command =
      line === "/stop" ? { type: "abort", sessionId: this.#sessionId } : { type: "message", content: line };
    return parseClientEvent(JSON.stringify(command));
  }

  write(event: ServerEvent): string | readonly string[] {
    if (event.type === "connected") {
      this.#sessionId = event.sessionId;
      return "Hello!";
    }
    if (event.type === "chunk") return event.content;
    if (event.type === "tool_start") return `[${event.toolName}]`;
    if (event.type === "error" || event.type === "run_error") return `! ${event.message}`;
    if (event.type !== "run_end") return [];
    return event.outcome === "completed" ? "\n" : [`[${event.outcome}]`, "\n"];
  }
}
