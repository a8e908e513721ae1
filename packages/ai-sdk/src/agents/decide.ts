import type { AgentInput, RunEvent } from "@mini-openclaw/protocol";
import type { RunWriter } from "./run-writer.ts";

/** A tool call that waits for a user. */
export interface Ask {
  callId: string;
  toolName: string;
  reason: string;
}

/**
 * Asks users about tool calls, all at once. Returns true for each call that is allowed. A call is
 * denied where nobody can be asked. Denied calls have their results then.
 */
export async function* decide(
  asks: readonly Ask[],
  writer: RunWriter,
  { decision }: AgentInput,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, Map<string, boolean>> {
  const decisions = new Map<string, boolean>();
  if (decision) for (const { callId, toolName, reason } of asks) yield* writer.ask(callId, toolName, reason);
  const waiting = asks.map(({ callId }) =>
    decision ? untilDecided(decision(callId, { signal }), signal) : false,
  );
  for (const [index, { callId, toolName }] of asks.entries()) {
    const isAllowed = (await waiting[index]) === true;
    if (signal.aborted) return decisions;
    decisions.set(callId, isAllowed);
    if (decision) yield* writer.decided(callId, isAllowed);
    const output = decision
      ? "Not allowed: the user did not allow it."
      : "Not allowed: nobody can be asked here. Tell the user.";
    if (!isAllowed) yield* writer.result({ callId, toolName, output, isError: true, isDenied: true });
  }
  return decisions;
}

/** Resolves with false on an abort. Never rejects. */
function untilDecided(decided: Promise<string>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(false), { once: true });
    decided.then(
      (decision) => resolve(decision !== "deny"),
      () => resolve(false),
    );
  });
}
