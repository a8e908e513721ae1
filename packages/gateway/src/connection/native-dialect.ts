import { parseClientEvent } from "@mini-openclaw/protocol/schema";
import type { Dialect, Translator } from "./dialect.ts";

/** One for all connections: it remembers nothing. */
const translator: Translator = {
  read: parseClientEvent,
  write: (event, json) => json ?? JSON.stringify(event),
};

/**
 * PROTOCOL.md as it stands: one JSON object a frame. What clients speak that ask for no
 * subprotocol.
 */
export const nativeDialect: Dialect = { subprotocol: "mini-openclaw", connect: () => translator };
