import { Validator } from "@cfworker/json-schema";
import { isNestedDeeper, isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { AgentError, reasonOf } from "../shared/errors.ts";
import { coerceInput } from "./coerce-input.ts";

/** A JSON Schema of type `object`. */
export interface JsonSchema {
  type: "object";
  [keyword: string]: unknown;
}

/** One parameter in the short form. Required unless `required` is false. */
export interface ToolParameter {
  /** `string`, `number`, `integer`, `boolean`, `array` or `object`. */
  type: string;
  description: string;
  /** @default true */
  required?: boolean;
  /** Any other JSON Schema keyword, such as `enum`, `items` or `minimum`. */
  [keyword: string]: unknown;
}

/**
 * A schema of Zod, Valibot, ArkType and others: what Standard Schema (https://standardschema.dev)
 * and its JSON Schema part have in common.
 */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly jsonSchema: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
    };
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The form of an input, in any of three notations. */
export type ToolParameters = Record<string, ToolParameter> | JsonSchema | StandardSchema;

/** An input as the tool gets it, or what is wrong with it, in words for the model. */
export type CheckedInput = { value: unknown } | { fault: string };

export interface InputSchema {
  readonly jsonSchema: JsonSchema;
  readonly check: (input: Record<string, unknown>) => CheckedInput | Promise<CheckedInput>;
}

/** Problems of one input that are reported. A model mends a few at a time. */
const MAX_FAULTS = 3;

/**
 * Makes `parameters` usable, whichever form they have.
 *
 * @throws AgentError `INVALID_TOOL`
 */
export function toInputSchema(tool: string, parameters: ToolParameters): InputSchema {
  const { jsonSchema, check } = readOrRefuse(tool, parameters);
  return {
    jsonSchema,
    async check(input) {
      const checked = await check(input);
      if ("value" in checked) return checked;
      // Only what is refused as it is: a text that is wanted stays a text.
      const coerced = coerceInput(input, jsonSchema);
      const again = isRecord(coerced) ? await check(coerced) : checked;
      return "value" in again ? again : checked;
    },
  };
}

/** Reads parameters. Whatever goes wrong names the tool. */
function readOrRefuse(tool: string, parameters: ToolParameters): InputSchema {
  try {
    return readParameters(tool, parameters);
  } catch (cause) {
    if (AgentError.is(cause)) throw cause;
    const message = `Tool ${tool}: its \`parameters\` cannot be used: ${reasonOf(cause)}. Correct the schema.`;
    throw new AgentError("INVALID_TOOL", message, { cause });
  }
}

function readParameters(tool: string, parameters: ToolParameters): InputSchema {
  const isObject = typeof parameters === "function" || isRecord(parameters);
  if (!isObject)
    throw new AgentError("INVALID_TOOL", `Tool ${tool}: ${mustBe("parameters", "an object", parameters)}`);
  if (isStandardSchema(parameters)) return fromStandardSchema(tool, parameters);
  const jsonSchema = isJsonSchema(parameters) ? parameters : toJsonSchema(tool, parameters);
  if (jsonSchema.type !== "object") throw notOfAnObject(tool);
  checkJsonSchema(tool, jsonSchema);
  const validator = new Validator(jsonSchema, "2020-12", false);
  return {
    jsonSchema,
    check(input) {
      const { valid, errors } = validator.validate(input);
      if (valid) return { value: input };
      // The outer errors only say that something inside is wrong. The inner ones name it.
      const named = errors.filter(({ keyword }) => keyword !== "properties" && keyword !== "items");
      return toFault(
        named.map(({ instanceLocation, error }) => `${instanceLocation.replace(/^#/, "input")}: ${error}`),
      );
    },
  };
}

/** Schemas of tools have a few levels. Functions that call themselves for each would fail later. */
const MAX_LEVELS = 500;

/**
 * Requires a schema that model servers can get as JSON, which has no cycles, no BigInts and no
 * `Infinity`: JSON writes `null` for it, and servers refuse every request with that.
 *
 * @throws AgentError `INVALID_TOOL`, else the error of JSON
 */
function checkJsonSchema(tool: string, jsonSchema: JsonSchema): void {
  if (isNestedDeeper(jsonSchema, MAX_LEVELS)) {
    const levels = `must have at most ${MAX_LEVELS} levels, and not hold itself`;
    throw new AgentError("INVALID_TOOL", `Tool ${tool}: \`parameters\` ${levels}. Correct the schema.`);
  }
  JSON.stringify(jsonSchema, (name, value: unknown) => {
    if (typeof value !== "number" || Number.isFinite(value)) return value;
    const problem = mustBe(name, "a finite number in `parameters`", value);
    throw new AgentError("INVALID_TOOL", `Tool ${tool}: ${problem}`);
  });
}

function isStandardSchema(parameters: ToolParameters): parameters is StandardSchema {
  return "~standard" in parameters;
}

function isJsonSchema(parameters: Record<string, ToolParameter> | JsonSchema): parameters is JsonSchema {
  return typeof parameters["type"] === "string";
}

const parameterTypes = ["string", "number", "integer", "boolean", "array", "object"];

function toJsonSchema(tool: string, parameters: Record<string, ToolParameter>): JsonSchema {
  const properties: Record<string, unknown> = {};
  const required: string[] = [];
  for (const [name, parameter] of Object.entries(parameters)) {
    if (!isRecord(parameter)) {
      const problem = mustBe(`parameters.${name}`, "an object with `type` and `description`", parameter);
      throw new AgentError("INVALID_TOOL", `Tool ${tool}: ${problem}`);
    }
    const { required: isRequired = true, ...schema } = parameter;
    if (!parameterTypes.includes(schema.type)) {
      const given = `parameter ${name}: type ${JSON.stringify(schema.type)}`;
      throw new AgentError("INVALID_TOOL", `Tool ${tool}, ${given} is none of ${parameterTypes.join(", ")}.`);
    }
    properties[name] = schema;
    if (isRequired) required.push(name);
  }
  return { type: "object", properties, required };
}

function fromStandardSchema(tool: string, { "~standard": standard }: StandardSchema): InputSchema {
  if (typeof standard?.validate !== "function" || typeof standard.jsonSchema?.input !== "function") {
    const message = `Tool ${tool}: \`parameters\` must be a schema with a JSON Schema of its own. Wrap a Valibot schema in \`toStandardJsonSchema\` of @valibot/to-json-schema.`;
    throw new AgentError("INVALID_TOOL", message);
  }
  const { type, ...schema } = standard.jsonSchema.input({ target: "draft-2020-12" });
  if (type !== "object") throw notOfAnObject(tool);
  const jsonSchema: JsonSchema = { ...schema, type };
  checkJsonSchema(tool, jsonSchema);
  return {
    jsonSchema,
    async check(input) {
      const result = await standard.validate(input);
      return result.issues ? toFault(result.issues.map(describeIssue)) : { value: result.value };
    },
  };
}

function notOfAnObject(tool: string): AgentError {
  return new AgentError("INVALID_TOOL", `Tool ${tool}: its schema is not one of an object.`);
}

function describeIssue({ message, path = [] }: StandardIssue): string {
  const keys = path.map((step) => String(typeof step === "object" ? step.key : step));
  return `${["input", ...keys].join("/")}: ${message}`;
}

function toFault(problems: readonly string[]): CheckedInput {
  return { fault: problems.slice(0, MAX_FAULTS).join("\n") };
}
