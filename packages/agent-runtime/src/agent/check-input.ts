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
  // Any realm's will do.
  if (typeof fieldOf(signal, "addEventListener") !== "function")
    throw invalidOption("run({ signal })", "a signal, such as `new AbortController().signal`", signal);
  // NaN is a cost that is not known: the budget counts it as used up.
  if (sessionCostUsd !== undefined && typeof sessionCostUsd !== "number")
    throw invalidOption("run({ sessionCostUsd })", "a number", sessionCostUsd);
}
