import type {
  AssistantMessage,
  Message,
  SystemMessage,
  ToolCallRecord,
  ToolMessage,
} from "@mini-openclaw/protocol";

/** Stands before a summary where the model is shown one. */
const summaryHeading = "The conversation so far, summed up:";

/**
 * Returns the messages for the model: the last summary of the conversation, if there is one, and
 * the last `maxMessages` after it. Every model API accepts their form.
 *
 * Pure. The result keeps these promises for every transcript:
 * - Exactly one result follows each tool call, before any other message. A lost result is replaced.
 * - No result is without its call, and no two calls have one id.
 * - No assistant message is empty, and no exchange that the model refused is included.
 * - After the summary comes a user message. If the limit cuts into a run, the message that started
 *   the run is included.
 */
export function buildContext(
  messages: readonly Message[],
  maxMessages: number,
  startOf: StartFinder = newest,
): Message[] {
  const { summary, since } = splitAtCompaction(messages);
  const kept = withoutRefused(since).flatMap(expandLegacyForm).filter(hasContent);
  return [...summary, ...repairCalls(cutSafely(kept, startOf(kept, maxMessages)))];
}

/** Returns the index of the first of these messages that the model gets. */
export type StartFinder = (messages: readonly Message[], maxMessages: number) => number;

function newest(messages: readonly Message[], maxMessages: number): number {
  return Math.max(0, messages.length - maxMessages);
}

export function isCompaction(message: Message | undefined): message is SystemMessage & { compaction: true } {
  return message?.role === "system" && message.compaction === true;
}

/**
 * The last summary as the model is shown it, and what it does not sum up: the question before it,
 * and all after it.
 */
function splitAtCompaction(messages: readonly Message[]): { summary: Message[]; since: readonly Message[] } {
  const place = messages.findLastIndex(isCompaction);
  const summary = messages[place];
  if (!summary) return { summary: [], since: messages };
  // Where the run retried another, that one's answer may stand between.
  const question = messages.slice(0, place).findLast(({ role }) => role === "user");
  return {
    summary: [{ ...summary, content: `${summaryHeading}\n\n${summary.content}` }],
    since: [...(question ? [question] : []), ...messages.slice(place + 1)],
  };
}

/**
 * Removes every exchange that the model refused: a server refuses each later request too, as long
 * as what set the refusal off is in the conversation. The newest question stays, because it is the
 * one to answer.
 *
 * Source: https://platform.claude.com/docs/en/build-with-claude/handle-streaming-refusals
 */
function withoutRefused(messages: readonly Message[]): readonly Message[] {
  const removed = new Set<number>();
  for (const [index, message] of messages.entries()) {
    if (message.role !== "assistant" || message.stopReason !== "refusal") continue;
    for (let at = index; at >= startOfExchange(messages, index); at -= 1) removed.add(at);
  }
  return removed.size === 0 ? messages : messages.filter((_, index) => !removed.has(index));
}

/**
 * Returns the index of the question that an answer belongs to: by its run, else the one behind the
 * answer before.
 */
function startOfExchange(messages: readonly Message[], index: number): number {
  const runId = runIdOf(messages[index]);
  if (runId !== undefined) {
    const first = messages.findIndex((message) => runIdOf(message) === runId);
    if (first !== index) return first - (isUnmarkedQuestion(messages, first) ? 1 : 0);
  }
  const before = messages.slice(0, index);
  const answered = before.findLastIndex(
    (one) => one.role === "assistant" && (one.toolCalls ?? []).length === 0,
  );
  const question = before.findIndex(({ role }, at) => at > answered && role === "user");
  return question === -1 ? index : question;
}

/** Returns true if a run's messages follow a question that carries no id of a run. */
function isUnmarkedQuestion(messages: readonly Message[], first: number): boolean {
  const question = messages[first - 1];
  return messages[first]?.role !== "user" && question?.role === "user" && runIdOf(question) === undefined;
}

/** Messages of a store carry the id of their run. */
function runIdOf(message: Message | undefined): string | undefined {
  return message && "runId" in message && typeof message.runId === "string" ? message.runId : undefined;
}

/** Expands the legacy format, in which the assistant message has each result, without an id. */
function expandLegacyForm(message: Message, index: number): Message[] {
  if (message.role !== "assistant" || !message.toolCalls) return [message];
  if (message.toolCalls.every(({ callId }) => callId !== undefined)) return [message];
  const results: Message[] = [];
  const toolCalls = message.toolCalls.map((call, place) => {
    const callId = call.callId ?? `call_${index}_${place}`;
    const { output, toolName, input } = call;
    if (output !== undefined) {
      const timestamp = message.timestamp;
      results.push({ role: "tool", callId, toolName, content: output, isError: false, timestamp });
    }
    return { callId, toolName, input };
  });
  // There the text is what the model said after its tools had answered.
  const { toolCalls: _, ...text } = message;
  return [{ ...text, content: "", toolCalls }, ...results, text];
}

function hasContent(message: Message): boolean {
  if (message.role !== "assistant") return true;
  return message.content.trim() !== "" || (message.toolCalls?.length ?? 0) > 0;
}

function cutSafely(messages: readonly Message[], first: number): readonly Message[] {
  if (first === 0) return messages;
  let start = first;
  while (messages[start]?.role === "tool") start += 1;
  if (messages[start]?.role === "user") return messages.slice(start);
  const asked = messages.slice(0, start).findLast(({ role }) => role === "user");
  return asked ? [asked, ...messages.slice(start)] : messages.slice(start);
}

function repairCalls(messages: readonly Message[]): Message[] {
  const repaired: Message[] = [];
  const taken = new Set<string>();
  let place = 0;
  while (place < messages.length) {
    const message = messages[place] as Message;
    place += 1;
    if (message.role === "tool") continue;
    if (message.role !== "assistant" || !message.toolCalls) {
      repaired.push(message);
      continue;
    }
    const results = new Map<string, ToolMessage>();
    for (; messages[place]?.role === "tool"; place += 1) {
      const result = messages[place] as ToolMessage;
      if (!results.has(result.callId)) results.set(result.callId, result);
    }
    repaired.push(...withResults(message, message.toolCalls, results, taken));
  }
  return repaired;
}

/**
 * The message and one result for each of its calls, in their order, under ids that no call before
 * has.
 */
function withResults(
  message: AssistantMessage,
  calls: readonly ToolCallRecord[],
  results: ReadonlyMap<string, ToolMessage>,
  taken: Set<string>,
): Message[] {
  const renamed = new Map<string, string>();
  const answers: ToolMessage[] = [];
  const toolCalls = calls.map((call) => {
    const { callId: known = "", toolName } = call;
    const callId = freeId(known || "call", taken);
    const result = renamed.has(known) ? undefined : results.get(known);
    renamed.set(known, renamed.get(known) ?? callId);
    answers.push(result ? { ...result, callId } : lostResult(callId, toolName, message.timestamp));
    return { ...call, callId };
  });
  const blocks = message.blocks?.map((block) =>
    block.type === "tool_call" ? { ...block, callId: renamed.get(block.callId) ?? block.callId } : block,
  );
  return [{ ...message, toolCalls, ...(blocks && { blocks }) }, ...answers];
}

/** Ids are unique in a request. Those of a model that counts its calls anew in each run are not. */
function freeId(known: string, taken: Set<string>): string {
  let id = known;
  for (let count = 2; taken.has(id); count += 1) id = `${known}_${count}`;
  taken.add(id);
  return id;
}

function lostResult(callId: string, toolName: string, timestamp: number): ToolMessage {
  const content = "[interrupted: the tool call has no result]";
  return { role: "tool", callId, toolName, content, isError: true, timestamp };
}
