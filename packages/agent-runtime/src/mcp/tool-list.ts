import { createHash } from "node:crypto";
import { isRecord } from "@mini-openclaw/protocol/shared";
import type { StandardSchema } from "../tool-calls/tool-input.ts";

/** A tool as a server lists it, judged by itself. */
export interface ListedTool {
  /** The server's name for it. */
  name: string;
  description: string;
  inputSchema: Record<string, unknown>;
}

export interface ToolList {
  tools: readonly ListedTool[];
  /** Faults of tools that were left out, in words for people. */
  faults: readonly string[];
}

/** Reads the tools of `tools/list`, each by itself: one that is not usable costs no other. */
export function readTools(listed: unknown): ToolList {
  const tools: ListedTool[] = [];
  const faults: string[] = [];
  for (const one of Array.isArray(listed) ? listed : []) {
    const tool = isRecord(one) ? one : {};
    const { name, description, inputSchema, execution } = tool;
    if (typeof name !== "string" || name === "") {
      faults.push("A tool without a name was left out.");
    } else if (isRecord(execution) && execution["taskSupport"] === "required") {
      faults.push(`The tool ${name} was left out: it runs as a task only.`);
    } else if (!isRecord(inputSchema)) {
      faults.push(`The tool ${name} was left out: its \`inputSchema\` is not an object.`);
    } else {
      const text = typeof description === "string" ? description : `The tool ${name} of an MCP server.`;
      tools.push({ name, description: text, inputSchema: toObjectSchema(inputSchema) });
    }
  }
  return { tools, faults };
}

/** Returns a schema of type `object`, as models' servers want it, without the name of its draft. */
function toObjectSchema(listed: Record<string, unknown>): Record<string, unknown> {
  const { $schema: _draft, ...schema } = listed;
  const isCombined = ["oneOf", "anyOf", "allOf"].some((keyword) => keyword in schema);
  if (!isCombined) return { ...schema, type: "object", properties: schema["properties"] ?? {} };
  // The alternatives of an object are described, and the server checks them.
  const { type: _type, properties = {}, ...rest } = schema;
  const description = `One of the forms of this schema: ${JSON.stringify(rest)}`.slice(0, 4000);
  return { type: "object", properties, additionalProperties: true, description };
}

/** Wraps a schema that only the server checks: some cannot be compiled elsewhere. */
export function uncheckedSchema(schema: Record<string, unknown>): StandardSchema<Record<string, unknown>> {
  return {
    "~standard": {
      validate: (value) => ({ value: value as Record<string, unknown> }),
      jsonSchema: { input: () => schema },
    },
  };
}

/** The longest name that model servers allow. */
const MAX_NAME_CHARS = 64;

/**
 * Returns a name for each tool that model servers allow: `<server>__<tool>`. A name that had to be
 * changed so that it may mean another tool too ends with a hash.
 */
export function nameTools(server: string, names: readonly string[]): Map<string, string> {
  const plain = names.map((name) => `${server}__${name}`.replaceAll(/[^a-zA-Z0-9_-]/g, "_"));
  const byName = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const own = plain[index] ?? "";
    const isClear = own.length <= MAX_NAME_CHARS && plain.indexOf(own) === plain.lastIndexOf(own);
    const hash = createHash("sha256").update(`${server}\0${name}`).digest("hex").slice(0, 8);
    const key = isClear ? own : `${own.slice(0, MAX_NAME_CHARS - 9)}_${hash}`;
    // Of two tools with one name the server itself knows one only.
    if (!byName.has(key)) byName.set(key, name);
  }
  return byName;
}
