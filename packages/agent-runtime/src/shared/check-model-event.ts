import type { ModelCallOptions, ModelEvent, ModelProvider, ModelRequest } from "@mini-openclaw/protocol";
import { describeValue, isRecord } from "@mini-openclaw/protocol/shared";
import { AgentError, swallowRejection } from "./errors.ts";

/**
 * Opens the stream of a provider, which may be anybody's.
 *
 * @throws AgentError `MODEL_FAILED` if it is no async iterable
 */
export function openStream(
  provider: ModelProvider,
  request: ModelRequest,
  options: ModelCallOptions,
): AsyncIterator<ModelEvent> {
  const given: unknown = provider.stream(request, options);
  const open: unknown = Object(given)[Symbol.asyncIterator];
  if (typeof open === "function") return (given as AsyncIterable<ModelEvent>)[Symbol.asyncIterator]();
  swallowRejection(given);
  const what = given instanceof Promise ? "a promise" : describeValue(given);
  throw new AgentError(
    "MODEL_FAILED",
    `The provider of ${provider.model} must return an async iterable from \`stream\`, got ${what}. Make it an async generator: \`async *stream(request, options)\`.`,
  );
}

/**
 * Checks an event that a provider yielded.
 *
 * @throws AgentError `MODEL_FAILED` that names what is wrong
 */
export function checkModelEvent(event: ModelEvent, model: string): void {
  // Nearly every event.
  if (event?.type === "text" && typeof event.text === "string") return;
  const fault = faultOf(event);
  if (fault) throw new AgentError("MODEL_FAILED", `The provider of ${model} yielded ${fault}.`);
}

function faultOf(event: unknown): string | undefined {
  if (!isRecord(event)) return `${describeValue(event)} instead of an event`;
  switch (event["type"]) {
    case "progress":
      return undefined;
    case "text":
    case "thinking":
      return faultIn(event, "", { text: "string" });
    case "tool_input":
      return faultIn(event, "", { text: "string", index: "number", callId: "string", toolName: "string" });
    case "turn":
      return faultIn(event, "", { content: "string", stopReason: "string" }) ?? faultOfCalls(event);
    default:
      return `an event of the unknown type ${describeValue(event["type"])}: use text, thinking, tool_input, progress or turn`;
  }
}

function faultOfCalls(turn: Record<string, unknown>): string | undefined {
  const { toolCalls, blocks = [] } = turn;
  for (const [name, list] of Object.entries({ toolCalls, blocks }))
    if (!Array.isArray(list)) return `turn: \`${name}\` must be an array, got ${describeValue(list)}`;
  for (const [index, call] of (toolCalls as unknown[]).entries()) {
    const name = `toolCalls[${index}]`;
    if (!isRecord(call)) return `turn: \`${name}\` must be an object, got ${describeValue(call)}`;
    const fault = faultIn({ type: "turn", ...call }, `${name}.`, { callId: "string", toolName: "string" });
    if (fault) return fault;
    const { input } = call;
    if (!isRecord(input)) return `turn: \`${name}.input\` must be an object, got ${describeValue(input)}`;
    if (!isJson(input)) return `turn: \`${name}.input\` must be a value of JSON`;
  }
  return undefined;
}

function faultIn(
  event: Record<string, unknown>,
  path: string,
  fields: Readonly<Record<string, string>>,
): string | undefined {
  const wrong = Object.keys(fields).find((name) => typeof event[name] !== fields[name]);
  if (wrong === undefined) return undefined;
  return `${String(event["type"])}: \`${path}${wrong}\` must be a ${fields[wrong]}, got ${describeValue(event[wrong])}`;
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
