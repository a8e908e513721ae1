import type { Client } from "@mini-openclaw/client";
import {
  emptyView,
  fold,
  type MessageEntry,
  type RunEndEntry,
  type SessionSummary,
  TRANSCRIPT_VERSION,
  type ViewItem,
} from "@mini-openclaw/protocol";
import { errorText } from "../language/error-text.ts";
import type { ExportFormat } from "../language/frame-texts.ts";
import type { Texts } from "../language/texts.ts";

/** The texts of an export for people. */
export type ExportTexts = Pick<
  Texts,
  "language" | "newChat" | "you" | "assistant" | "partial" | "outcome" | "errors"
>;

/** All messages of a session and the ends of its runs, oldest first. */
export interface WholeHistory {
  readonly messages: readonly MessageEntry[];
  readonly runEnds: readonly RunEndEntry[];
}

type ExportedSession = Pick<
  SessionSummary,
  "sessionId" | "title" | "key" | "createdAt" | "forkedFrom" | "epoch"
>;

// The limit of the protocol.
const PAGE_SIZE = 200;

/** Reads the whole history of a session. */
export async function readHistory(client: Pick<Client, "ask">, sessionId: string): Promise<WholeHistory> {
  const pages: WholeHistory[] = [];
  for (let before: number | undefined; ; ) {
    const page = await client.ask({
      ...{ type: "history", sessionId, limit: PAGE_SIZE },
      ...(before !== undefined && { before }),
    });
    pages.unshift({ messages: page.messages, runEnds: page.runEnds ?? [] });
    before = page.messages[0]?.seq;
    if (!page.hasMore || before === undefined) break;
  }
  return {
    messages: pages.flatMap(({ messages }) => messages),
    runEnds: pages.flatMap(({ runEnds }) => runEnds),
  };
}

/** Returns the lines of a transcript: a header, and each message as it is stored. */
export function toJsonLines(session: ExportedSession, messages: readonly MessageEntry[]): string {
  const { sessionId, key, createdAt, forkedFrom, epoch } = session;
  const header = { type: "session", v: TRANSCRIPT_VERSION, sessionId, key, createdAt, forkedFrom, epoch };
  return [header, ...messages].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/**
 * Returns the conversation as Markdown, with tool calls and their results as code. Below an answer
 * that was cut or failed is the reason, as on the page.
 */
export function toMarkdown(
  { sessionId, title, createdAt }: ExportedSession,
  { messages, runEnds }: WholeHistory,
  texts: ExportTexts,
): string {
  const date = new Intl.DateTimeFormat(texts.language, { dateStyle: "long", timeStyle: "short" });
  const upTo = Math.max(0, messages.at(-1)?.seq ?? 0, runEnds.at(-1)?.seq ?? 0);
  const whole = {
    sessionId,
    epoch: "",
    upTo,
    messages: [...messages],
    runEnds: [...runEnds],
    hasMore: false,
  };
  const { items } = fold(emptyView, { type: "resync", ...whole });
  const heading = `# ${(title || texts.newChat).replace(/\s+/g, " ")}`;
  const parts = items.flatMap((item) => partsOf(item, texts));
  return `${[heading, `_${date.format(createdAt)}_`, ...parts].join("\n\n")}\n`;
}

/** Returns a file name: the title without the characters that file systems refuse. */
export function fileNameOf(title: string, format: ExportFormat): string {
  // Windows reserves the names of devices, and a dot in front hides a file elsewhere.
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
      return [
        ...(item.content === "" ? [] : [`## ${texts.assistant}`, item.content]),
        ...(item.partial === undefined ? [] : [quote(texts.partial[item.partial])]),
      ];
    case "tool": {
      const { toolName, input, output, phase } = item;
      const called = [`**${toolName}**`, fenced(JSON.stringify(input, undefined, 2), "json")];
      return phase === "called" ? called : [...called, phase === "done" ? "✓" : "✗", fenced(output)];
    }
    case "compaction":
      return [quote(item.content)];
    case "error":
      return [quote(errorText(item, texts))];
    case "outcome":
      return [quote(texts.outcome[item.outcome])];
    case "retry":
      return [];
  }
}

function quote(text: string): string {
  return text.replace(/^/gm, "> ");
}

/** Returns a code block. Its fence is longer than any fence in the text. */
function fenced(text: string, language = ""): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
