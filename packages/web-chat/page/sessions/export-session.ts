import type { Client } from "@mini-openclaw/client";
import {
  emptyView,
  fold,
  type MessageEntry,
  type SessionSummary,
  TRANSCRIPT_VERSION,
  type ViewItem,
} from "@mini-openclaw/protocol";
import type { ExportFormat } from "../language/frame-texts.ts";

/** The words that stand in an export for people. */
export interface ExportTexts {
  language: string;
  newChat: string;
  you: string;
  assistant: string;
}

type ExportedSession = Pick<
  SessionSummary,
  "sessionId" | "title" | "key" | "createdAt" | "forkedFrom" | "epoch"
>;

// What the protocol allows at once.
const pageSize = 200;

/** Every message of a session, oldest first, whether it was loaded before or not. */
export async function readMessages(client: Pick<Client, "ask">, sessionId: string): Promise<MessageEntry[]> {
  const pages: MessageEntry[][] = [];
  for (let before: number | undefined; ; ) {
    const page = await client.ask({
      ...{ type: "history", sessionId, limit: pageSize },
      ...(before !== undefined && { before }),
    });
    pages.unshift(page.messages);
    before = page.messages[0]?.seq;
    if (!page.hasMore || before === undefined) return pages.flat();
  }
}

/** The lines that a transcript has: a header, and each message as it is kept. */
export function toJsonLines(session: ExportedSession, messages: readonly MessageEntry[]): string {
  const { sessionId, key, createdAt, forkedFrom, epoch } = session;
  const header = { type: "session", v: TRANSCRIPT_VERSION, sessionId, key, createdAt, forkedFrom, epoch };
  return [header, ...messages].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** The conversation to be read: what was said, with the calls of tools and their results as code. */
export function toMarkdown(
  { sessionId, title, createdAt }: ExportedSession,
  messages: readonly MessageEntry[],
  texts: ExportTexts,
): string {
  const date = new Intl.DateTimeFormat(texts.language, { dateStyle: "long", timeStyle: "short" });
  const upTo = messages.at(-1)?.seq ?? 0;
  const whole = { sessionId, epoch: "", upTo, messages: [...messages], hasMore: false };
  const { items } = fold(emptyView, { type: "resync", ...whole });
  const heading = `# ${(title || texts.newChat).replace(/\s+/g, " ")}`;
  const parts = items.flatMap((item) => partsOf(item, texts));
  return `${[heading, `_${date.format(createdAt)}_`, ...parts].join("\n\n")}\n`;
}

/** A file name for it: the title without what file systems refuse. */
export function fileNameOf(title: string, format: ExportFormat): string {
  // Some names are devices on Windows, a dot in front hides the file elsewhere, and 80 characters are enough for a name.
  const safe = title
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}<>:"/\\|?*]+/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/^[. ]+/, "");
  const short = safe.replace(/^(.{80}).*$/su, "$1").replace(/[. ]+$/, "");
  const isDevice = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(short);
  const name = short === "" || isDevice ? `chat ${short}`.trim() : short;
  return `${name}.${format === "markdown" ? "md" : "jsonl"}`;
}

function partsOf(item: ViewItem, texts: ExportTexts): string[] {
  switch (item.kind) {
    case "user":
      return [`## ${texts.you}`, item.content];
    case "assistant":
      return item.content === "" ? [] : [`## ${texts.assistant}`, item.content];
    case "tool": {
      const { toolName, input, output, phase } = item;
      const called = [`**${toolName}**`, fenced(JSON.stringify(input, undefined, 2), "json")];
      return phase === "called" ? called : [...called, phase === "failed" ? "✗" : "✓", fenced(output)];
    }
    case "compaction":
      return [item.content.replace(/^/gm, "> ")];
    case "error":
    case "outcome":
    case "retry":
      return [];
  }
}

/** A fence longer than any in the text, so that nothing in it ends the block. */
function fenced(text: string, language = ""): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
