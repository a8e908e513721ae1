import type { Message, ModelRequest } from "@mini-openclaw/protocol";
import { estimateTokens } from "../budget/estimate-tokens.ts";
import { isCompaction } from "./context.ts";
import type { PromptSection } from "./system-prompt.ts";

/** A part of a request to the model, in the order in which the model's server caches. */
export interface ContextSection {
  /** Such as `tools`, `prompt: Soul`, `message 3: tool`, `volatile`. */
  name: string;
  /** Where it came from: a file, the transcript, the clock, … */
  source: string;
  text: string;
  bytes: number;
  /** Roughly: a quarter of the bytes. */
  tokens: number;
}

/** The first place where a request differs from an earlier one. */
export interface ContextDifference {
  /** The name of the section. */
  section: string;
  /** Bytes of the whole request that are the same before it. */
  sameBytes: number;
  before: string;
  after: string;
}

/** Why a request is as big as it is, and where it stops being the same as one before. */
export interface ContextReport {
  request: ModelRequest;
  sections: readonly ContextSection[];
  bytes: number;
  tokens: number;
  /**
   * True if a run would sum up the conversation first, which makes its request shorter. The
   * request here is the one that is sent if that fails.
   */
  isCompactionDue: boolean;
  /** Absent without an earlier report, and when all of that one comes first in this one. */
  firstDifference?: ContextDifference;
}

/** Of each side of a difference, this many UTF-16 units are shown: a line. */
const SHOWN_CHARS = 80;

export function explainRequest(
  request: ModelRequest,
  prompt: readonly PromptSection[],
  previous: ContextReport | undefined,
): Omit<ContextReport, "isCompactionDue"> {
  const { tools, messages, system } = request;
  const stable = prompt.filter(({ isVolatile }) => !isVolatile);
  const changing = prompt.filter(({ isVolatile }) => isVolatile);
  // The clock stands behind the other parts that change.
  const clock = system.volatile.slice(changing.map(({ text }) => `${text}\n\n`).join("").length);
  const sections = [
    ...(tools.length > 0 ? [toSection("tools", "tool definitions", JSON.stringify(tools))] : []),
    ...stable.map(({ title, source, text }) => toSection(`prompt: ${title}`, source, text)),
    ...messages.map((message, place) =>
      toSection(`message ${place + 1}: ${message.role}`, sourceOf(message), toText(message)),
    ),
    ...changing.map(({ title, source, text }) => toSection(`volatile: ${title}`, source, text)),
    ...(clock === "" ? [] : [toSection("volatile", "clock", clock)]),
  ];
  const firstDifference = previous && findDifference(previous.sections, sections);
  return {
    request,
    sections,
    bytes: sections.reduce((sum, { bytes }) => sum + bytes, 0),
    tokens: sections.reduce((sum, { tokens }) => sum + tokens, 0),
    ...(firstDifference && { firstDifference }),
  };
}

function toSection(name: string, source: string, text: string): ContextSection {
  return { name, source, text, bytes: Buffer.byteLength(text), tokens: estimateTokens(text) };
}

function sourceOf(message: Message): string {
  return isCompaction(message) ? "compaction" : "transcript";
}

/** Returns the part of a message that goes to the model: not its time and its ids. */
function toText(message: Message): string {
  if (message.role === "tool" || message.role === "system") return message.content;
  const { content, blocks } = message;
  const toolCalls = message.role === "assistant" ? message.toolCalls : undefined;
  return blocks || toolCalls ? JSON.stringify({ content, toolCalls, blocks }) : content;
}

function findDifference(
  before: readonly ContextSection[],
  after: readonly ContextSection[],
): ContextDifference | undefined {
  let sameBytes = 0;
  for (const [place, { name, text, bytes }] of before.entries()) {
    const now = after[place];
    if (now?.name !== name || now.text !== text) {
      const chars = now?.name === name ? sameStart(text, now.text) : 0;
      return {
        section: now?.name ?? name,
        sameBytes: sameBytes + Buffer.byteLength(text.slice(0, chars)),
        before: text.slice(chars, chars + SHOWN_CHARS),
        after: (now?.text ?? "").slice(chars, chars + SHOWN_CHARS),
      };
    }
    sameBytes += bytes;
  }
  return undefined;
}

function sameStart(a: string, b: string): number {
  let chars = 0;
  while (chars < a.length && a[chars] === b[chars]) chars += 1;
  return chars;
}
