import type { ModelToolCall, ToolMessage } from "@mini-openclaw/protocol";
import type { RunLimits } from "../budget/run-limits.ts";

/** Repeated calls that are refused with a word before the run must end. */
const MAX_WARNINGS = 1;

/** Counts the tool calls of a run, and notices when the model repeats itself. */
export class LoopGuard {
  readonly #limits: Pick<RunLimits, "maxToolCalls" | "maxRepeatedCalls">;
  /** By call: its latest result, and how often in a row it gave that. */
  readonly #repeats = new Map<string, { readonly output: string | undefined; readonly count: number }>();
  /** Every call that was made. */
  readonly #known = new Set<string>();
  #callCount = 0;
  #warnings = 0;

  constructor(limits: Pick<RunLimits, "maxToolCalls" | "maxRepeatedCalls">) {
    this.#limits = limits;
  }

  /** True once the model repeated itself again after a refusal. */
  get isLooping(): boolean {
    return this.#warnings > MAX_WARNINGS;
  }

  /** Returns true if the run may make all of these calls. */
  hasCallsLeft(calls: readonly ModelToolCall[]): boolean {
    return this.#callCount + calls.length <= this.#limits.maxToolCalls;
  }

  /**
   * Returns the calls. One that was repeated too often carries the refusal for the model.
   */
  refuseRepeated(calls: readonly ModelToolCall[]): ModelToolCall[] {
    const checked = calls.map((call) => {
      const count = this.#repeats.get(keyOf(call))?.count ?? 0;
      return count < this.#limits.maxRepeatedCalls ? call : { ...call, refusal: refusalFor(count) };
    });
    if (checked.some((call, index) => call !== calls[index])) this.#warnings += 1;
    return checked;
  }

  /**
   * Counts calls that were made. A new call that succeeded may have changed anything: counts begin
   * anew.
   */
  add(calls: readonly ModelToolCall[], results: readonly ToolMessage[]): void {
    this.#callCount += calls.length;
    const byId = new Map(results.map((result) => [result.callId, result]));
    for (const call of calls) {
      if (call.refusal !== undefined) continue;
      const key = keyOf(call);
      const result = byId.get(call.callId);
      const before = this.#repeats.get(key);
      if (!this.#known.has(key) && result?.isError === false) {
        this.#repeats.clear();
        this.#warnings = 0;
      }
      this.#known.add(key);
      const isSame = before?.output === result?.content;
      this.#repeats.set(key, { output: result?.content, count: before && isSame ? before.count + 1 : 1 });
    }
  }
}

function keyOf({ toolName, input, invalidInput }: ModelToolCall): string {
  return JSON.stringify([toolName, input, invalidInput]);
}

function refusalFor(count: number): string {
  return `This call was not made: it gave the same result ${count} times in a row, and nothing has changed since. Do something else, or answer with what you have. If you repeat it, the run ends.`;
}
