import type { RunEndEvent, RunFailure, RunOutcome } from "@mini-openclaw/protocol";

/** The kinds of failures that OpenClaw's clients know. */
type ErrorKind = "rate_limit" | "timeout" | "context_length" | "unknown";

const errorKinds: Readonly<Record<string, ErrorKind>> = {
  MODEL_RATE_LIMITED: "rate_limit",
  MODEL_OVERLOADED: "rate_limit",
  MODEL_TIMEOUT: "timeout",
  MODEL_CONTEXT_EXCEEDED: "context_length",
};

function errorKindOf(code: string | undefined): ErrorKind {
  return errorKinds[code ?? ""] ?? "unknown";
}

/** Returns true for the end of a run that clients get as an error. */
export function isFailure({ outcome }: { readonly outcome: RunOutcome }): boolean {
  return outcome === "failed" || outcome === "budget";
}

/** Returns the reason of a failed run in words. */
export function describeFailure(error: RunFailure | undefined, outcome: RunOutcome): string {
  return error ? `${error.code}: ${error.message}` : outcome;
}

/** Returns the fields of the two events that end a run. */
export function describeEnd({
  outcome,
  error,
  timestamp: endedAt,
}: Pick<RunEndEvent, "outcome" | "error" | "timestamp">): { lifecycle: object; chat: object } {
  switch (outcome) {
    case "failed":
    case "budget": {
      const text = describeFailure(error, outcome);
      return {
        lifecycle: { phase: "error", error: text, endedAt },
        chat: { state: "error", errorMessage: text, errorKind: errorKindOf(error?.code) },
      };
    }
    case "aborted":
    case "interrupted":
      return { lifecycle: { phase: "end", endedAt }, chat: { state: "aborted", stopReason: "rpc" } };
    case "completed":
    case "max_rounds":
    case "loop_detected":
    case "refused":
      return { lifecycle: { phase: "end", endedAt }, chat: { state: "final", stopReason: "stop" } };
  }
}
