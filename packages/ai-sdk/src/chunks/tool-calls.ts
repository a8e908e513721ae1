import type { ToolCallRecord } from "@mini-openclaw/protocol";
import type { UiChunk } from "../shared/ui-chunk.ts";

/** A tool call of the newest turn. */
export interface ToolCall {
  toolName: string;
  input: unknown;
  /** The id of what the call asks. */
  approvalId: string;
  state: "hidden" | "asks" | "denied" | "runs" | "done";
  /** True if clients have seen its input while the model wrote it. */
  isWritten: boolean;
  /** The chunks that show the call from the beginning. */
  chunks: UiChunk[];
  /** The output of the running tool. */
  output: string;
  /** True if a part of `output` has not been sent. */
  hasNewOutput: boolean;
}

/** The tool calls of a turn, by id. */
export class ToolCalls {
  readonly #calls = new Map<string, ToolCall>();

  /** Forgets the calls of the last turn: all of them are done. */
  clear(): void {
    this.#calls.clear();
  }

  /** Remembers the calls of a complete turn. Forgets those that the model began and discarded. */
  complete(calls: readonly ToolCallRecord[]): void {
    const ids = new Set(calls.map(({ callId }) => callId));
    for (const callId of this.#calls.keys()) if (!ids.has(callId)) this.#calls.delete(callId);
    for (const { callId, toolName, input } of calls)
      if (callId !== undefined) Object.assign(this.get(callId, { toolName }), { toolName, input });
  }

  /** Returns the calls whose input clients have seen, and that have neither started nor asked. */
  written(): ToolCall[] {
    return [...this.#calls.values()].filter(({ state, isWritten }) => state === "hidden" && isWritten);
  }

  /** Returns the chunks that show the calls which have started or asked. */
  chunks(): UiChunk[] {
    return [...this.#calls.values()].flatMap(({ chunks }) => chunks);
  }

  /** Returns a call. One that the turn did not name is added. */
  get(callId: string, { toolName, input }: { toolName: string; input?: unknown }): ToolCall {
    const known = this.#calls.get(callId);
    if (known) return known;
    const call: ToolCall = {
      toolName,
      input: input ?? {},
      approvalId: callId,
      state: "hidden",
      isWritten: false,
      chunks: [],
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
