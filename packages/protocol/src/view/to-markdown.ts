import { filesOf } from "../session/files.ts";
import type { FileBlock, PartialReason, RunOutcome, ToolCallRecord } from "../session/messages.ts";
import {
  type Entry,
  isMessageEntry,
  type MessageEntry,
  type RunEndEntry,
  type ToolEntry,
} from "../session/transcript.ts";
import { conversationOf } from "../session/versions.ts";

type Unfinished = Exclude<RunOutcome, "completed">;

/** The words of a Markdown export that a reader's language decides. */
export interface MarkdownTexts {
  /** The heading of a user's message. */
  user: string;
  /** The heading of an answer. */
  assistant: string;
  /** The line below an answer that was cut. English where it is absent. */
  partial?: Partial<Record<PartialReason, string>>;
  /** Why a run has no complete answer. English where it is absent. */
  outcomes?: Partial<Record<Unfinished, string>>;
}

/** Returns the address of a file, or `undefined` for one that has only its line in the text. */
type FileLink = (file: FileBlock) => string | undefined;

const english: MarkdownTexts = { user: "User", assistant: "Assistant" };

const englishPartial: Record<PartialReason, string> = {
  aborted: "Stopped here.",
  interrupted: "Interrupted here.",
};

const englishOutcomes: Record<Unfinished, string> = {
  aborted: "Stopped.",
  interrupted: "The server stopped during this answer.",
  max_rounds: "Stopped: the message reached its limit of tool rounds.",
  budget: "Stopped: a limit on tokens, tool calls, cost or time was reached.",
  loop_detected: "Stopped: the model repeated the same tool call.",
  refused: "The model declined to answer.",
  failed: "The answer failed.",
};

/**
 * Pure: returns the sections of a conversation in Markdown, separated by blank lines.
 *
 * Tool calls and their results are code blocks below the answer that made the calls. Why an answer
 * is not complete is a quotation below it. As in `fold`, a retried run keeps only the user's
 * messages, and what an edit replaced is left out. A file is a line of its message's text, and with
 * `linkOf` a link behind it.
 */
export function toMarkdown(
  entries: Iterable<Entry>,
  texts: MarkdownTexts = english,
  linkOf: FileLink = () => undefined,
): string {
  const shown = conversationOf([...entries]).filter(isShown);
  const retriedRuns = new Set<string | undefined>();
  const results = new Map<string, ToolEntry>();
  const cut = new Set<string>();
  const begun = new Set<string | undefined>();
  for (const entry of shown) {
    if ("retryOf" in entry) retriedRuns.add(entry.retryOf);
    if (!isMessageEntry(entry)) continue;
    begun.add(entry.runId);
    if (entry.role === "tool") results.set(callKey(entry.runId, entry.callId), entry);
    if (entry.role === "assistant" && entry.partial) cut.add(cutKey(entry.runId, entry.partial));
  }

  const context = { texts, results, cut, begun, linkOf };
  const sections = shown.flatMap((entry) => {
    const isReplaced = entry.runId !== undefined && retriedRuns.has(entry.runId);
    if (!isMessageEntry(entry)) return isReplaced ? [] : endSections(entry, context);
    return isReplaced && entry.role !== "user" ? [] : sectionsOf(entry, context);
  });
  return sections.map((section) => `${section}\n`).join("\n");
}

function isShown(entry: Entry): entry is MessageEntry | RunEndEntry {
  return isMessageEntry(entry) || entry.type === "run_end";
}

/** The state that the sections of a conversation share. */
interface MarkdownContext {
  texts: MarkdownTexts;
  /** The results whose calls are not printed yet. */
  results: Map<string, ToolEntry>;
  /** The runs whose answer is marked as cut. */
  cut: ReadonlySet<string>;
  /** The runs that said something. */
  begun: ReadonlySet<string | undefined>;
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
      const { partial } = entry;
      const cut = partial ? [quote(texts.partial?.[partial] ?? englishPartial[partial])] : [];
      return [...text, ...cut, ...calls];
    }
    case "tool":
      // The call printed its result. A result without its call has a section of its own.
      return results.delete(callKey(entry.runId, entry.callId))
        ? [`**${entry.toolName}**`, ...resultSections(entry, context)]
        : [];
    case "system":
      return entry.compaction ? [quote(entry.content)] : [];
  }
}

/** Returns why a run has no complete answer, unless its answer is marked so. */
function endSections(end: RunEndEntry, { texts, cut, begun }: MarkdownContext): string[] {
  const { runId, outcome, error, retryOf } = end;
  if (outcome === "completed" || cut.has(cutKey(runId, outcome))) return [];
  // The message of such a run was canceled while it waited.
  if (!(begun.has(runId) || error || retryOf !== undefined)) return [];
  const reason = error ? ` ${error.message} (${error.code})` : "";
  return [quote(`${texts.outcomes?.[outcome] ?? englishOutcomes[outcome]}${reason}`)];
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

function cutKey(runId: string | undefined, outcome: Unfinished): string {
  return `${outcome} ${runId}`;
}

function quote(text: string): string {
  return text.replace(/^/gm, "> ");
}

/** Returns a code block with a fence that is longer than any in the text. */
function fenced(text: string, language = ""): string {
  const longest = (text.match(/`+/g) ?? []).reduce((max, { length }) => Math.max(max, length), 2);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
