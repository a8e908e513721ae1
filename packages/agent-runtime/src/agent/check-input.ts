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
  for (const [index, message] of messages.entries()) checkMessage(`run({ messages })[${index}]`, message);
  // Any realm's will do.
  if (typeof fieldOf(signal, "addEventListener") !== "function")
    throw invalidOption("run({ signal })", "a signal, such as `new AbortController().signal`", signal);
  // NaN is a cost that is not known: the budget counts it as used up.
  if (sessionCostUsd !== undefined && typeof sessionCostUsd !== "number")
    throw invalidOption("run({ sessionCostUsd })", "a number", sessionCostUsd);
}

const roles: readonly unknown[] = ["user", "assistant", "tool", "system"];

/** Checks a message as far as it is read. @throws AgentError `INVALID_OPTION` */
function checkMessage(name: string, message: unknown): void {
  if (!isRecord(message)) throw invalidOption(name, "a message", message);
  const { role, content, blocks, toolCalls } = message;
  if (!roles.includes(role)) throw invalidOption(`${name}.role`, "user, assistant, tool or system", role);
  checkString(`${name}.content`, content);
  for (const [index, block] of checkList(`${name}.blocks`, blocks).entries()) {
    const { type, text, mediaType } = block;
    const at = `${name}.blocks[${index}]`;
    checkString(`${at}.type`, type);
    if (type === "text" || type === "thinking") checkString(`${at}.text`, text);
    if (type === "image" || type === "document") checkString(`${at}.mediaType`, mediaType);
  }
  for (const [index, call] of checkList(`${name}.toolCalls`, toolCalls).entries())
    checkString(`${name}.toolCalls[${index}].toolName`, call["toolName"]);
}

function checkString(name: string, value: unknown): void {
  if (typeof value !== "string") throw invalidOption(name, "a text", value);
}

function checkList(name: string, value: unknown = []): Record<string, unknown>[] {
  if (Array.isArray(value) && value.every(isRecord)) return value;
  throw invalidOption(name, "an array of objects", value);
}
