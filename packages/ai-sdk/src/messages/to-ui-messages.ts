import {
  type AssistantEntry,
  type Entry,
  isMessageEntry,
  type MessageEntry,
  type RunEndEntry,
  type ToolEntry,
  textOf,
  type UserEntry,
} from "@mini-openclaw/protocol";
import { conversationOf, isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { AiSdkError, check, checkFunction } from "../shared/errors.ts";
import { messageIdOf } from "../shared/message-id.ts";
import type { MessagePart, ToolPart, UiMessage } from "../shared/ui-message.ts";
import { type FileUrl, toFileParts, toUserParts } from "../shared/user-parts.ts";

/** Settings of {@link toUiMessages}. */
export interface UiMessagesOptions {
  /**
   * Returns the address of a file whose bytes are not in the entry. Files without one are left out.
   * @default no file has an address
   */
  fileUrl?: FileUrl;
}

/**
 * Pure: returns the messages of a session for `useChat` and `Chat` of the AI SDK. `entries` are
 * those of a transcript, or the `messages` and `runEnds` of a `history`, in any order. All answers
 * of one run are one message. Answers that a retry replaced and messages that an edit replaced are
 * left out. A run that ended without an answer leaves its end in the `metadata` of its question.
 *
 * @throws AiSdkError `INVALID_OPTION`
 */
export function toUiMessages(entries: readonly Entry[], options: UiMessagesOptions = {}): UiMessage[] {
  check.known("toUiMessages", options, { fileUrl: true });
  const { fileUrl } = options;
  checkFunction("fileUrl", fileUrl);
  const given: unknown = entries;
  if (!Array.isArray(given) || !given.every(isRecord))
    throw new AiSdkError("INVALID_OPTION", mustBe("entries", "a list of entries", given));
  const sorted = [...entries].sort((one, other) => one.seq - other.seq);
  const current = conversationOf(sorted);
  // From each run to the run that it retried.
  const retries = new Map<string | undefined, string>();
  for (const entry of current)
    if ("retryOf" in entry && entry.retryOf) retries.set(entry.runId, entry.retryOf);
  const retried = new Set(retries.values());
  const messages: UiMessage[] = [];
  const questions = new Map<string, UiMessage>();
  const answers = new Map<string, UiMessage>();
  for (const entry of current) {
    if (!isMessageEntry(entry)) {
      if (entry.type === "run_end" && !retried.has(entry.runId)) {
        endMessage(answers.get(entry.runId) ?? questions.get(firstRunOf(entry.runId)), entry);
      }
      continue;
    }
    const { runId = entry.id } = entry;
    const answer = answers.get(runId);
    if (entry.role === "user") {
      if (answer) answer.parts.push(toSteering(entry, fileUrl));
      else messages.push(ask(runId, toUserMessage(entry, fileUrl)));
    } else if (!retried.has(runId) && isShown(entry)) {
      addToAnswer(answer ?? begin(runId), entry, fileUrl);
    }
  }
  return messages;

  function ask(runId: string, question: UiMessage): UiMessage {
    questions.set(runId, question);
    return question;
  }

  /** Returns the run that a message began: the one that was retried first. */
  function firstRunOf(runId: string): string {
    let first = runId;
    // As many steps as there are retries: damaged entries may retry each other.
    for (let left = retries.size; left > 0; left -= 1) first = retries.get(first) ?? first;
    return first;
  }

  function begin(runId: string): UiMessage {
    const answer: UiMessage = { id: runId, role: "assistant", metadata: { runId }, parts: [] };
    answers.set(runId, answer);
    messages.push(answer);
    return answer;
  }
}

function toUserMessage(entry: UserEntry, fileUrl: FileUrl | undefined): UiMessage {
  const { seq, runId } = entry;
  return {
    id: messageIdOf(entry),
    role: "user",
    metadata: { ...(runId !== undefined && { runId }), seq },
    parts: toUserParts(entry, fileUrl),
  };
}

/** Returns a message that a user added to an active run. */
function toSteering(entry: UserEntry, fileUrl: FileUrl | undefined): MessagePart {
  return { type: "steering-message", id: messageIdOf(entry), parts: toUserParts(entry, fileUrl) };
}

/** Returns false for a system message that is no summary. */
function isShown(entry: MessageEntry): boolean {
  return entry.role !== "system" || entry.compaction === true;
}

function addToAnswer(
  answer: UiMessage,
  entry: Exclude<MessageEntry, UserEntry>,
  fileUrl: FileUrl | undefined,
): void {
  answer.metadata.seq = entry.seq;
  switch (entry.role) {
    case "assistant":
      answer.parts.push(...toTurn(entry, fileUrl));
      return;
    case "tool":
      return addResult(answer, entry);
    case "system":
      answer.parts.push({ type: "data-compaction", id: entry.id, data: { content: entry.content } });
  }
}

/** Returns the parts of one turn of the model. Its calls have no results yet. */
function toTurn(entry: AssistantEntry, fileUrl: FileUrl | undefined): MessagePart[] {
  const { id, blocks = [], toolCalls = [] } = entry;
  const text = textOf(entry);
  const thinking = blocks.map((block) => (block.type === "thinking" ? block.text : "")).join("");
  return [
    { type: "step-start" },
    ...(thinking === "" ? [] : [reasoning(id, thinking)]),
    ...(text === "" ? [] : [{ type: "text", text, state: "done" } as const]),
    ...toFileParts(entry, fileUrl),
    ...toolCalls.map(({ callId, toolName, input, output }, index): ToolPart => {
      const fields = {
        type: "dynamic-tool",
        toolName,
        toolCallId: callId ?? `${id}:${index}`,
        input,
        providerExecuted: true,
      } as const;
      // Legacy files have the result beside the call.
      if (output === undefined) return { ...fields, state: "input-available" };
      return { ...fields, state: "output-available", output };
    }),
  ];
}

function reasoning(turnId: string, text: string): MessagePart {
  return { type: "reasoning", id: `${turnId}:reasoning`, text, state: "done" };
}

function addResult({ parts }: UiMessage, entry: ToolEntry): void {
  const { callId, toolName, content, isError, isDenied } = entry;
  const index = parts.findLastIndex((part) => part.type === "dynamic-tool" && part.toolCallId === callId);
  const call = parts[index];
  const fields = {
    type: "dynamic-tool",
    toolName,
    toolCallId: callId,
    input: call?.type === "dynamic-tool" ? call.input : {},
    providerExecuted: true,
  } as const;
  const done = toResult(fields, { content, isError, isDenied });
  if (call) parts[index] = done;
  else parts.push(done);
}

function toResult(
  fields: Pick<ToolPart, "type" | "toolName" | "toolCallId" | "input" | "providerExecuted">,
  { content, isError, isDenied }: { content: string; isError: boolean; isDenied: boolean | undefined },
): ToolPart {
  if (isDenied) {
    const approval = { id: fields.toolCallId, approved: false, reason: content } as const;
    return { ...fields, state: "output-denied", approval };
  }
  if (isError) return { ...fields, state: "output-error", errorText: content };
  return { ...fields, state: "output-available", output: content };
}

function endMessage(message: UiMessage | undefined, end: RunEndEntry): void {
  if (!message) return;
  const { seq, outcome, usage, costUsd, error } = end;
  message.metadata = {
    ...message.metadata,
    // The number of a question is that of its message.
    ...(message.role === "assistant" && { seq }),
    outcome,
    usage,
    ...(costUsd !== undefined && { costUsd }),
    ...(error && { error: { code: error.code, message: error.message } }),
  };
}
