import type {
  AgentInput,
  ApprovalDecision,
  FileBlock,
  ModelTool,
  StartedTask,
  TaskRequest,
  TodoItem,
} from "@mini-openclaw/protocol";
import { describeValue, mustBe } from "@mini-openclaw/protocol/shared";
import { AgentError } from "../shared/errors.ts";
import type { ApprovalPolicy } from "./approvals.ts";
import { type CheckedInput, type StandardSchema, type ToolParameters, toInputSchema } from "./tool-input.ts";

/** The reason with which a call's signal aborts when its time limit is over. */
export class ToolTimeout extends Error {}

/** A tool that the model may call. */
export interface ToolDefinition<Input = Record<string, unknown>> {
  /** Letters, digits, `_` and `-`, at most 64. Unique in an agent. */
  name: string;
  /** For the model: the tool's purpose, when to use it, and its result. */
  description: string;
  /** The parameters by name, or a JSON Schema of type `object`, or a Standard Schema. */
  parameters: ToolParameters;
  /**
   * Does the work. `input` has been checked against `parameters`.
   *
   * A throw becomes an error result that the model sees, and so does an answer that does not come
   * within `timeoutMs`. Stop when `context.signal` aborts. What is returned then is still kept.
   */
  execute(input: Input, context: ToolContext): Promise<ToolResult> | ToolResult;
  /** Time limit of `execute`, in milliseconds. @default the agent's `toolTimeoutMs` */
  timeoutMs?: number;
  /**
   * Makes a call wait for those before it, and those after it wait for the call. For tools that
   * change things.
   * @default false
   */
  sequential?: boolean;
  /**
   * Returns what the next run of a session should know of the tool's state, such as a command that
   * still runs.
   */
  describeState?(run: Pick<AgentInput, "sessionId" | "todo">): string | undefined;
  /**
   * A function of the run's input without which the tool is not offered to the model.
   * @default none
   */
  needs?: "startTask";
  /** Ends what the tool still does. Called by the agent's `close`. */
  close?(): Promise<void>;
  /** The approval that a call needs. The agent's own rule comes first. @default "allow" */
  approval?: ApprovalPolicy;
}

/** Of the call that a tool serves. */
export interface ToolContext {
  sessionId: string;
  runId: string;
  callId: string;
  /** Aborts when the run is stopped or the tool's time is over. */
  signal: AbortSignal;
  /**
   * Shows output while the tool still runs, as `tool_output` events. The result must hold it again.
   */
  progress: (content: string) => void;
  /**
   * Asks the user before something that this call is about to do. `reason` names it, for people.
   * Rejects if it is not allowed. Let the rejection through, so that the model learns of it. The
   * waiting time does not count as the tool's. `elsewhere` resolves if the decision is made in
   * another way. A client may know `code` and show a text of its own.
   */
  approve: (reason: string, elsewhere?: Promise<ApprovalDecision>, code?: string) => Promise<void>;
  /** Records the session's list of steps, and shows it to the user. An empty list removes it. */
  updateTodo?: (items: readonly TodoItem[]) => Promise<void>;
  /**
   * Starts a sub-agent in a session of its own. Absent where no sub-agent may start, as in the run
   * of a sub-agent.
   */
  startTask?: (task: Omit<TaskRequest, "callId">) => Promise<StartedTask>;
  /**
   * Folders of skills that the prompt names, also outside the workspace. `read_file` reads in them.
   * @default none
   */
  skillFolders?: readonly string[];
}

export interface ToolResult {
  success: boolean;
  /** The output for the model. */
  output: string;
  /** Images and documents for the model, beside `output`. At most 10, of at most 5 MiB each. */
  files?: readonly FileBlock[];
  /** The reason of a failure. The model reads it after `output`. */
  error?: string;
  /**
   * The exit code of the process that it ran. Kept with the result. The model reads it only where
   * `output` or `error` contains it.
   */
  exitCode?: number;
}

/** Tools that may change from run to run, such as those of servers. */
export interface ToolSource {
  /** Returns the tools of the next run. */
  tools(): readonly ToolDefinition[];
  /** Returns texts for the stable part of the prompt. @default none */
  instructions?(): readonly { title: string; text: string }[];
  /** Ends what the source holds open. Called by the agent's `close`. */
  close?(): Promise<void>;
}

/** A tool as the run loop uses it. */
export interface Tool {
  readonly definition: ToolDefinition;
  readonly model: ModelTool;
  readonly check: (input: Record<string, unknown>) => CheckedInput | Promise<CheckedInput>;
}

/** A definition whose `execute` gets the output of its Standard Schema. */
export type SchemaToolDefinition<Output> = Omit<ToolDefinition<Output>, "parameters"> & {
  parameters: StandardSchema<Output>;
};

/**
 * Ties the type of `execute`'s input to the tool: inferred from a Standard Schema, named otherwise.
 * The result is one tool among others.
 */
export function defineTool<Output>(definition: SchemaToolDefinition<Output>): ToolDefinition;
export function defineTool<Input>(definition: ToolDefinition<Input>): ToolDefinition;
export function defineTool(definition: unknown): ToolDefinition {
  // Sound because an input is checked against `parameters` before `execute` sees it.
  return definition as ToolDefinition;
}

/**
 * Checks a definition and makes it usable.
 *
 * @throws AgentError `INVALID_TOOL`
 */
export function toTool(definition: ToolDefinition): Tool {
  if (typeof definition !== "object" || definition === null) {
    throw new AgentError("INVALID_TOOL", mustBe("tools", "tool definitions", definition));
  }
  const { name, description, parameters } = definition;
  // The Messages API's rule for tool names, the strictest among model servers.
  if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw new AgentError(
      "INVALID_TOOL",
      `Tool name ${describeValue(name)}: only letters, digits, "_" and "-" are allowed, 1 to 64 of them.`,
    );
  }
  for (const [field, { expected, isValid }] of Object.entries(fieldChecks)) {
    const value: unknown = definition[field as keyof ToolDefinition];
    if (!isValid(value))
      throw new AgentError("INVALID_TOOL", mustBe(field, `${expected} in the tool ${name}`, value));
  }
  const { jsonSchema, check } = toInputSchema(name, parameters);
  return { definition, model: { name, description, inputSchema: jsonSchema }, check };
}

interface FieldCheck {
  expected: string;
  isValid: (value: unknown) => boolean;
}

const oneFunction: FieldCheck = { expected: "a function", isValid: (value) => typeof value === "function" };

/** The fields beside `name` and `parameters`. One that is ignored would be missed too late. */
const fieldChecks: Readonly<Record<Exclude<keyof ToolDefinition, "name" | "parameters">, FieldCheck>> = {
  description: { expected: "a text", isValid: (value) => typeof value === "string" },
  execute: oneFunction,
  timeoutMs: orAbsent({
    expected: "a number from 0 on, or Infinity,",
    isValid: (value) => typeof value === "number" && value >= 0,
  }),
  sequential: orAbsent({ expected: "true or false", isValid: (value) => typeof value === "boolean" }),
  approval: orAbsent({
    expected: "allow, ask or deny",
    isValid: (value) => ["allow", "ask", "deny"].includes(value as string),
  }),
  needs: orAbsent({ expected: "startTask", isValid: (value) => value === "startTask" }),
  describeState: orAbsent(oneFunction),
  close: orAbsent(oneFunction),
};

function orAbsent({ expected, isValid }: FieldCheck): FieldCheck {
  return { expected, isValid: (value) => value === undefined || isValid(value) };
}
