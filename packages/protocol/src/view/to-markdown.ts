import { filesOf } from "../session/files.ts";
import type { FileBlock, ToolCallRecord } from "../session/messages.ts";
import { type Entry, isMessageEntry, type MessageEntry, type ToolEntry } from "../session/transcript.ts";

/** The words of a Markdown export that a reader's language decides. */
export interface MarkdownTexts {
  /** The heading of a user's message. */
  user: string;
  /** The heading of an answer. */
  assistant: string;
}

/** Returns the address of a file, or `undefined` for one that has only its line in the text. */
type FileLink = (file: FileBlock) => string | undefined;

const english: MarkdownTexts = { user: "User", assistant: "Assistant" };

/**
 * Pure: returns the sections of a conversation in Markdown, separated by blank lines.
 *
 * Tool calls and their results are code blocks below the answer that made the calls. A retried run
 * keeps only the user's messages, as in `fold`. A file is a line of its message's text, and with
 * `linkOf` a link behind it.
 */
export function toMarkdown(
  entries: Iterable<Entry>,
  texts: MarkdownTexts = english,
  linkOf: FileLink = () => undefined,
): string {
  const messages = [...entries].filter(isMessageEntry);
  const retriedRuns = new Set(
    messages.map((entry) => (entry.role === "assistant" ? entry.retryOf : undefined)),
  );
  const results = new Map<string, ToolEntry>();
  for (const entry of messages) {
    if (entry.role === "tool") results.set(callKey(entry.runId, entry.callId), entry);
  }

  const context = { texts, results, linkOf };
  const sections = messages.flatMap((entry) => {
    const isReplaced = entry.runId !== undefined && retriedRuns.has(entry.runId);
    return isReplaced && entry.role !== "user" ? [] : sectionsOf(entry, context);
  });
  return sections.map((section) => `${section}\n`).join("\n");
}

/** The state that the sections of a conversation share. */
interface MarkdownContext {
  texts: MarkdownTexts;
  /** The results whose calls are not printed yet. */
  results: Map<string, ToolEntry>;
  linkOf: FileLink;
}

function sectionsOf(entry: MessageEntry, context: MarkdownContext): string[] {
  const { texts, results } = context;
  switch (entry.role) {
    case "user":
      return [`## ${texts.user}`, entry.content, ...fileSections(entry, context)];
    case "assistant": {
      const text =
        entry.content === "" ? [] : [`## ${texts.assistant}`, entry.content, ...fileSections(entry, context)];
      const calls = (entry.toolCalls ?? []).flatMap((call) => callSections(call, entry.runId, context));
      return [...text, ...calls];
    }
    case "tool":
      // The call printed its result. A result without its call has a section of its own.
      return results.delete(callKey(entry.runId, entry.callId))
        ? [`**${entry.toolName}**`, ...resultSections(entry, context)]
        : [];
    case "system":
      return entry.compaction ? [entry.content.replace(/^/gm, "> ")] : [];
  }
}

function callSections(
  { callId, toolName, input, output }: ToolCallRecord,
  runId: string | undefined,
  context: MarkdownContext,
): string[] {
  const called = [`**${toolName}**`, fenced(JSON.stringify(input, undefined, 2), "json")];
  if (output !== undefined)
    return [...called, ...resultSections({ content: output, isError: false }, context)];
  const key = callKey(runId, callId);
  const result = context.results.get(key);
  if (!result) return called;
  context.results.delete(key);
  return [...called, ...resultSections(result, context)];
}

function resultSections(
  result: Pick<ToolEntry, "content" | "isError" | "blocks">,
  context: MarkdownContext,
): string[] {
  return [result.isError ? "✗" : "✓", fenced(result.content), ...fileSections(result, context)];
}

/** Returns a link to each file of a message that has an address. */
function fileSections({ blocks }: Pick<ToolEntry, "blocks">, { linkOf }: MarkdownContext): string[] {
  return (filesOf({ blocks }) ?? []).flatMap((file) => {
    const link = linkOf(file);
    const name = (file.name ?? file.mediaType).replaceAll(/[\\[\]]/g, "\\$&");
    return link === undefined ? [] : [`${file.type === "image" ? "!" : ""}[${name}](<${link}>)`];
  });
}

/** A call id is unique in its run only: some models number their calls from 0 in every turn. */
function callKey(runId: string | undefined, callId: string | undefined): string {
  return JSON.stringify([runId, callId]);
}

/** Returns a code block with a fence that is longer than any in the text. */
function fenced(text: string, language = ""): string {
  const longest = (text.match(/`+/g) ?? []).reduce((max, { length }) => Math.max(max, length), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
