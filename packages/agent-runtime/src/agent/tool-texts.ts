import type { AgentInput } from "@mini-openclaw/protocol";
import { invalidOption } from "../shared/check-options.ts";
import { callSafely } from "../shared/errors.ts";
import type { Tool, ToolDefinition, ToolSource } from "../tool-calls/define-tool.ts";

type OnError = (error: unknown) => void;

/**
 * Returns the texts of tools about their state. A tool that fails, or returns no text, costs only
 * its own line: `onError` gets the reason.
 */
export function readStates(
  tools: readonly Tool[],
  run: Pick<AgentInput, "sessionId" | "todo">,
  onError: OnError,
): string[] {
  return tools.flatMap(({ definition }) => {
    const state = callSafely(() => definition.describeState?.(run), onError) ?? "";
    if (typeof state === "string") return state === "" ? [] : [state];
    onError(
      invalidOption("describeState", `a function of the tool ${definition.name} that returns a text`, state),
    );
    return [];
  });
}

/** Returns the texts of sources, each by itself, as {@link readStates} does. */
export function readInstructions(
  sources: readonly ToolSource[],
  onError: OnError,
): { title: string; text: string }[] {
  return sources.flatMap((source) => {
    const texts: unknown = callSafely(() => source.instructions?.(), onError) ?? [];
    if (Array.isArray(texts) && texts.every(isInstruction)) return texts;
    onError(invalidOption("instructions", "a function that returns an array of { title, text }", texts));
    return [];
  });
}

function isInstruction(value: unknown): value is { title: string; text: string } {
  const { title, text } = (value ?? {}) as Record<string, unknown>;
  return typeof title === "string" && typeof text === "string";
}

/** Returns the tools that a source has now. A source that fails has none, and costs no other. */
export function readTools(source: ToolSource, onError: OnError): readonly ToolDefinition[] {
  const tools: unknown = callSafely(() => source.tools(), onError) ?? [];
  if (Array.isArray(tools)) return tools as ToolDefinition[];
  onError(invalidOption("tools", "a function of a source that returns an array", tools));
  return [];
}
