import { Validator } from "@cfworker/json-schema";
import type { ModelTool } from "@mini-openclaw/protocol";
import { AgentError } from "./errors.ts";

/** A JSON Schema of type `object`. */
export interface JsonSchema {
  type: "object";
  [keyword: string]: unknown;
}

/** One parameter in the short form. Required unless it says otherwise. */
export interface ToolParameter {
  /** `string`, `number`, `integer`, `boolean`, `array` or `object`. */
  type: string;
  description: string;
  /** @default true */
  required?: boolean;
  /** Any other JSON Schema keyword, such as `enum`, `items` or `minimum`. */
  [keyword: string]: unknown;
}

/** What the model may call. */
export interface ToolDefinition<Input = Record<string, unknown>> {
  /** Letters, digits, `_` and `-`, at most 64; unique in an agent. */
  name: string;
  /** Tells the model what it does, when to use it, and what comes back. */
  description: string;
  /** The parameters by name, or a JSON Schema of type `object`. */
  parameters: Record<string, ToolParameter> | JsonSchema;
  /**
   * Does the work. `input` has been checked against `parameters`.
   *
   * A throw becomes an error result that the model sees, and so does an answer that does not come within
   * `timeoutMs`. Stop when `context.signal` aborts; what is returned then is still kept.
   */
  execute(input: Input, context: ToolContext): Promise<ToolResult> | ToolResult;
  /** How long `execute` may take. @default the agent's `toolTimeoutMs` */
  timeoutMs?: number;
  /** Whether a call waits for those before it and holds back those after it. For tools that change things. @default false */
  sequential?: boolean;
}

/** Of the call that a tool serves. */
export interface ToolContext {
  sessionId: string;
  runId: string;
  callId: string;
  /** Aborts when the run is stopped or the tool's time is over. */
  signal: AbortSignal;
  /** Shows output while the tool still runs, as `tool_output` events. The result must hold it again. */
  progress: (content: string) => void;
}

export interface ToolResult {
  success: boolean;
  /** What the model sees. */
  output: string;
  /** Why it failed; shown to the model after `output`. */
  error?: string;
}

/** A tool as the run loop uses it. */
export interface Tool {
  readonly definition: ToolDefinition;
  readonly model: ModelTool;
  /** What is wrong with an input, in words for the model; `undefined` if nothing is. */
  faultOf(input: Record<string, unknown>): string | undefined;
}

/**
 * Keeps a definition's input type while making it one of many.
 *
 * The cast is sound because a tool's input is checked against `parameters` before `execute` sees it.
 */
export function defineTool<Input>(definition: ToolDefinition<Input>): ToolDefinition {
  return definition as ToolDefinition;
}

/**
 * Checks a definition and makes it usable.
 *
 * @throws AgentError `INVALID_TOOL`
 */
export function toTool(definition: ToolDefinition): Tool {
  const { name, description, parameters } = definition;
  // The Messages API's rule for tool names; the strictest among model servers.
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw new AgentError(
      "INVALID_TOOL",
      `Tool name ${JSON.stringify(name)}: only letters, digits, "_" and "-" are allowed, 1 to 64 of them.`,
    );
  }
  const inputSchema = isJsonSchema(parameters) ? parameters : toJsonSchema(name, parameters);
  const validator = new Validator(inputSchema, "2020-12", false);
  return {
    definition,
    model: { name, description, inputSchema },
    faultOf: (input) => describeFault(validator, input),
  };
}

function isJsonSchema(parameters: ToolDefinition["parameters"]): parameters is JsonSchema {
  return typeof parameters["type"] === "string";
}

const parameterTypes = ["string", "number", "integer", "boolean", "array", "object"];

function toJsonSchema(tool: string, parameters: Record<string, ToolParameter>): JsonSchema {
  const properties: Record<string, unknown> = {};
  const required: string[] = [];
  for (const [name, { required: isRequired = true, ...schema }] of Object.entries(parameters)) {
    if (!parameterTypes.includes(schema.type)) {
      throw new AgentError(
        "INVALID_TOOL",
        `Tool ${tool}, parameter ${name}: type ${JSON.stringify(schema.type)} is none of ${parameterTypes.join(", ")}.`,
      );
    }
    properties[name] = schema;
    if (isRequired) required.push(name);
  }
  return { type: "object", properties, required };
}

function describeFault(validator: Validator, input: Record<string, unknown>): string | undefined {
  const { valid, errors } = validator.validate(input);
  if (valid) return undefined;
  // The outer errors only say that something inside is wrong; the last ones name it.
  const innermost = errors.filter(({ keyword }) => keyword !== "properties" && keyword !== "items");
  return innermost
    .slice(0, 3)
    .map(({ instanceLocation, error }) => `${instanceLocation.replace(/^#/, "input")}: ${error}`)
    .join("\n");
}
