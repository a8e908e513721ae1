import type { MessageEntry, SessionMeta } from "@mini-openclaw/protocol";
import { StoreError } from "./errors.ts";

/** Says whether a text is in a title or a message, whatever the case. @throws StoreError `INVALID_OPTION` */
export function createMatcher(text: string): {
  inTitle: (session: SessionMeta) => boolean;
  inMessage: (message: MessageEntry) => boolean;
} {
  if (typeof text !== "string" || text.trim() === "") {
    throw new StoreError("INVALID_OPTION", "text: expected at least one character to search for");
  }
  const wanted = text.toLowerCase();
  const has = (content: string) => content.toLowerCase().includes(wanted);
  return { inTitle: ({ title }) => has(title), inMessage: ({ content }) => has(content) };
}
