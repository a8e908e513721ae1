import type { AgentInput } from "@mini-openclaw/protocol";
import { isRecord } from "@mini-openclaw/protocol/shared";
import { checkText, invalidOption } from "../shared/check-options.ts";
import { fieldOf } from "../shared/errors.ts";

/** Checks what every run needs. @throws AgentError `INVALID_OPTION` */
export function checkInput(input: AgentInput): void {
  if (!isRecord(input)) throw invalidOption("run(…)", "an object, the input of a run", input);
  const { sessionId, runId, messages, signal, sessionCostUsd } = input;
  checkText("run({ sessionId })", sessionId);
  checkText("run({ runId })", runId);
  if (!Array.isArray(messages)) throw invalidOption("run({ messages })", "an array", messages);
  for (const [index, message] of messages.entries()) {
    const fault = findFault(message);
    if (!fault) continue;
    throw invalidOption(`run({ messages })[${index}]${fault.at}`, fault.expected, fault.value);
  }
  // Any realm's will do.
  if (typeof fieldOf(signal, "addEventListener") !== "function")
    throw invalidOption("run({ signal })", "a signal, such as `new AbortController().signal`", signal);
  // NaN is a cost that is not known: the budget counts it as used up.
  if (sessionCostUsd !== undefined && typeof sessionCostUsd !== "number")
    throw invalidOption("run({ sessionCostUsd })", "a number", sessionCostUsd);
}

const roles: readonly unknown[] = ["user", "assistant", "tool", "system"];

interface Fault {
  /** The path of the value in the message. */
  readonly at: string;
  readonly expected: string;
  readonly value: unknown;
}

/** Returns the first fault of a message, as far as it is read. Makes texts only for a fault. */
function findFault(message: unknown): Fault | undefined {
  if (!isRecord(message)) return { at: "", expected: "a message", value: message };
  const { role, content, blocks = [], toolCalls = [] } = message;
  if (!roles.includes(role)) return { at: ".role", expected: "user, assistant, tool or system", value: role };
  if (typeof content !== "string") return { at: ".content", expected: "a text", value: content };
  if (!isList(blocks)) return { at: ".blocks", expected: "an array of objects", value: blocks };
  if (!isList(toolCalls)) return { at: ".toolCalls", expected: "an array of objects", value: toolCalls };
  for (const [index, block] of blocks.entries()) {
    const name = textFields.find((field) => typeof block[field] !== "string" && isRead(block["type"], field));
    if (name) return { at: `.blocks[${index}].${name}`, expected: "a text", value: block[name] };
  }
  for (const [index, { toolName }] of toolCalls.entries()) {
    if (typeof toolName === "string") continue;
    return { at: `.toolCalls[${index}].toolName`, expected: "a text", value: toolName };
  }
  return undefined;
}

const textFields = ["type", "text", "mediaType"] as const;

/** Returns true for a field that blocks of a type have. */
function isRead(type: unknown, field: (typeof textFields)[number]): boolean {
  if (field === "type") return true;
  const types = field === "text" ? ["text", "thinking"] : ["image", "document"];
  return types.includes(type as string);
}

function isList(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.every(isRecord);
}
