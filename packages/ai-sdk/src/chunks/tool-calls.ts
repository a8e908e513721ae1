import type { ToolCallRecord } from "@mini-openclaw/protocol";

/** A tool call of the newest turn. */
export interface ToolCall {
  readonly toolName: string;
  readonly input: unknown;
  state: "hidden" | "asks" | "denied" | "runs" | "done";
  /** True once its message has an approval for it. */
  hasApproval: boolean;
  /** The output of the running tool. */
  output: string;
  /** True if a part of `output` has not been sent. */
  hasNewOutput: boolean;
}

/** The tool calls of a turn, by id. */
export class ToolCalls {
  readonly #calls = new Map<string, ToolCall>();

  /** Remembers the calls of a new turn. All calls of earlier turns are done. */
  begin(calls: readonly ToolCallRecord[]): void {
    this.#calls.clear();
    for (const { callId, toolName, input } of calls) {
      if (callId !== undefined) this.get(callId, { toolName, input });
    }
  }

  /** Returns a call. One that the turn did not name is added. */
  get(callId: string, { toolName, input }: { toolName: string; input?: unknown }): ToolCall {
    const known = this.#calls.get(callId);
    if (known) return known;
    const call: ToolCall = {
      toolName,
      input: input ?? {},
      state: "hidden",
      hasApproval: false,
      output: "",
      hasNewOutput: false,
    };
    this.#calls.set(callId, call);
    return call;
  }

  find(callId: string): ToolCall | undefined {
    return this.#calls.get(callId);
  }

  /** Returns true if a user must decide on a call that is not in `answered`, and no call runs. */
  isWaiting(answered?: ReadonlySet<string>): boolean {
    let isWaiting = false;
    for (const [callId, { state }] of this.#calls) {
      if (state === "runs" || state === "denied") return false;
      if (state === "asks" && !answered?.has(callId)) isWaiting = true;
    }
    return isWaiting;
  }

  /** Returns the running calls whose newest output has not been sent, and marks it as sent. */
  takeNewOutput(): [callId: string, output: string][] {
    const outputs: [string, string][] = [];
    for (const [callId, call] of this.#calls) {
      if (!call.hasNewOutput) continue;
      call.hasNewOutput = false;
      if (call.state === "runs") outputs.push([callId, call.output]);
    }
    return outputs;
  }
}
