import type { RunFailure, RunOutcome } from "@mini-openclaw/protocol";

/** The kinds of failures that OpenClaw's clients know. */
type ErrorKind = "rate_limit" | "timeout" | "context_length" | "unknown";

const errorKinds: Readonly<Record<string, ErrorKind>> = {
  MODEL_RATE_LIMITED: "rate_limit",
  MODEL_OVERLOADED: "rate_limit",
  MODEL_TIMEOUT: "timeout",
  MODEL_CONTEXT_EXCEEDED: "context_length",
};

export function errorKindOf(code: string | undefined): ErrorKind {
  return errorKinds[code ?? ""] ?? "unknown";
}

/** Returns the reason of a failed run in words. */
export function describeFailure(error: RunFailure | undefined, outcome: RunOutcome): string {
  return error ? `${error.code}: ${error.message}` : outcome;
}
