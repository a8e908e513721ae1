import type { ModelEvent, ModelProvider, ModelRequest, ModelToolCall, Usage } from "@mini-openclaw/protocol";
import { checkKnown } from "../shared/check-options.ts";

/** The actions of a scripted model in one turn, in order. */
export type ScriptStep = readonly ScriptPart[];

export type ScriptPart =
  | { part: "says"; pieces: readonly string[] }
  | { part: "thinks"; pieces: readonly string[] }
  | { part: "calls"; call: ModelToolCall; pieces?: readonly string[] }
  | { part: "fails"; error: Error }
  | { part: "hangs" }
  | { part: "ends"; stopReason: string }
  | { part: "uses"; usage: Partial<Usage> };

/** Text. Each piece is one event. */
export function says(...pieces: string[]): ScriptPart {
  return { part: "says", pieces };
}

/** Thinking. Each piece is one event. */
export function thinks(...pieces: string[]): ScriptPart {
  return { part: "thinks", pieces };
}

/** A tool call. Its id is `call_<turn>_<place>` unless given. Both count from 1. */
export function calls(toolName: string, input: Record<string, unknown> = {}, callId = ""): ScriptPart {
  return { part: "calls", call: { callId, toolName, input } };
}

/** A tool call whose input is no JSON object. */
export function callsBadly(toolName: string, invalidInput: string, callId = ""): ScriptPart {
  return { part: "calls", call: { callId, toolName, input: {}, invalidInput } };
}

/** A tool call whose input streams. The pieces, joined, are its JSON. Each one is an event. */
export function writes(toolName: string, ...pieces: string[]): ScriptPart {
  const input = JSON.parse(pieces.join("")) as Record<string, unknown>;
  return { part: "calls", call: { callId: "", toolName, input }, pieces };
}

/** A failure in the middle of the turn. Give the error a `code` to distinguish it. */
export function fails(error: Error): ScriptPart {
  return { part: "fails", error };
}

/** Nothing more, until the signal aborts. */
export function hangs(): ScriptPart {
  return { part: "hangs" };
}

/** The turn's stop reason. By default `tool_use` after a call, else `end_turn`. */
export function ends(stopReason: string): ScriptPart {
  return { part: "ends", stopReason };
}

/** The turn's usage. By default ten tokens in, and one out for each piece. */
export function uses(usage: Partial<Usage>): ScriptPart {
  return { part: "uses", usage };
}

export interface ScriptOptions {
  /** @default "scripted" */
  model?: string;
  /** Awaited before each piece, so that a person can watch it stream. @default no wait */
  pause?: (signal: AbortSignal) => Promise<void>;
}

/** A model that follows a script. */
export interface ScriptedProvider extends ModelProvider {
  /** Every request it got, as it was then. */
  readonly requests: readonly ModelRequest[];
  /** Throws if steps of the script were not asked for, or a call came for which there was none. */
  assertComplete(): void;
}

/**
 * A model that plays a script: its steps in order, one for each turn, or what a function makes of
 * each request.
 *
 * A turn for which there is no step fails.
 */
export function createScriptedProvider(
  script: readonly ScriptStep[] | ((request: ModelRequest, turn: number) => ScriptStep),
  options: ScriptOptions = {},
): ScriptedProvider {
  checkKnown("createScriptedProvider", options, { model: true, pause: true });
  const { model = "scripted", pause = async () => {} } = options;
  const requests: ModelRequest[] = [];
  const stepFor = (request: ModelRequest, turn: number) => {
    const step = typeof script === "function" ? script(request, turn) : script[turn - 1];
    if (step) return step;
    throw new Error(`The script has ${script.length} steps; the model was asked for turn ${turn}.`);
  };
  return {
    model,
    requests,
    async *stream(request, { signal }) {
      signal.throwIfAborted();
      requests.push({ ...request, messages: [...request.messages] });
      const turn = requests.length;
      yield* playStep(stepFor(request, turn), turn, () => pause(signal), signal);
    },
    assertComplete() {
      if (typeof script === "function" || requests.length === script.length) return;
      throw new Error(
        `The script has ${script.length} steps; the model was asked for ${requests.length} turns.`,
      );
    },
  };
}

async function* playStep(
  step: ScriptStep,
  turn: number,
  pause: () => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const toolCalls: ModelToolCall[] = [];
  let content = "";
  let pieces = 0;
  let stopReason: string | undefined;
  let used: Partial<Usage> = {};
  for (const part of step) {
    signal.throwIfAborted();
    switch (part.part) {
      case "says":
      case "thinks":
        for (const text of part.pieces) {
          await pause();
          signal.throwIfAborted();
          pieces += 1;
          if (part.part === "says") content += text;
          yield { type: part.part === "says" ? "text" : "thinking", text };
        }
        break;
      case "calls": {
        const index = toolCalls.length;
        const callId = part.call.callId || `call_${turn}_${index + 1}`;
        for (const text of part.pieces ?? []) {
          await pause();
          signal.throwIfAborted();
          pieces += 1;
          yield { type: "tool_input", index, callId, toolName: part.call.toolName, text };
        }
        toolCalls.push({ ...part.call, callId });
        break;
      }
      case "fails":
        throw part.error;
      case "hangs":
        await aborted(signal);
        break;
      case "ends":
        stopReason = part.stopReason;
        break;
      case "uses":
        used = part.usage;
        break;
    }
  }
  const usage = { inputTokens: 10, outputTokens: pieces, cacheReadTokens: 0, cacheWriteTokens: 0, ...used };
  stopReason ??= toolCalls.length > 0 ? "tool_use" : "end_turn";
  yield { type: "turn", content, toolCalls, stopReason, usage };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
