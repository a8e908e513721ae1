import { isNestedDeeper, isRecord } from "@mini-openclaw/protocol/shared";
import type { StandardSchema } from "../tool-calls/tool-input.ts";

/** The input of a tool as models get it. */
export interface InputForm {
  schema: Record<string, unknown>;
  /** Returns an input as the server wants it. */
  toServer: (input: Record<string, unknown>) => Record<string, unknown>;
}

/** Deeper schemas are none that a model can read. */
const MAX_LEVELS = 100;

/** Characters of a schema as JSON: about 12,000 tokens of each request. */
const MAX_SCHEMA_CHARS = 50_000;

/**
 * Returns the form of a tool's input as models' servers want it, or what is wrong with its schema.
 * A server refuses every request that has one bad schema among its tools.
 */
export function readSchema(listed: unknown): InputForm | { fault: string } {
  if (!isRecord(listed)) return { fault: "its `inputSchema` is not an object" };
  if (isNestedDeeper(listed, MAX_LEVELS)) {
    return { fault: `its \`inputSchema\` is nested more than ${MAX_LEVELS} levels deep` };
  }
  const chars = JSON.stringify(listed).length;
  if (chars > MAX_SCHEMA_CHARS) {
    return { fault: `its \`inputSchema\` has ${chars} characters; at most ${MAX_SCHEMA_CHARS} are sent` };
  }
  // Servers written in Go send `null` for an empty list.
  const fields = Object.fromEntries(Object.entries(listed).filter(([, value]) => value !== null));
  const { properties = {}, required = [] } = fields;
  if (!isRecord(properties) || !Object.values(properties).every(isSchema)) {
    return { fault: "its `inputSchema.properties` is not an object of schemas" };
  }
  if (!Array.isArray(required) || !required.every((name) => typeof name === "string")) {
    return { fault: "its `inputSchema.required` is not an array of names" };
  }
  return withSafeKeys(toObjectSchema({ ...fields, properties }));
}

function isSchema(value: unknown): boolean {
  return isRecord(value) || typeof value === "boolean";
}

/** Returns a schema of type `object`, as models' servers want it, without the name of its draft. */
function toObjectSchema(
  listed: Record<string, unknown> & { properties: Record<string, unknown> },
): Record<string, unknown> & { properties: Record<string, unknown> } {
  const { $schema: _draft, ...schema } = listed;
  const isCombined = ["oneOf", "anyOf", "allOf"].some((keyword) => keyword in schema);
  const { properties } = listed;
  if (!isCombined) return { ...schema, type: "object", properties };
  // The alternatives of an object are described, and the server checks them.
  const { type: _type, properties: _own, ...rest } = schema;
  const description = `One of the forms of this schema: ${JSON.stringify(rest)}`.slice(0, 4000);
  return { type: "object", properties, additionalProperties: true, description };
}

/** The Messages API refuses a request for any other name. Source: decocms/studio#6874. */
const safeKey = /^[a-zA-Z0-9_.-]{1,64}$/;

/** Renames properties whose names models' servers refuse, such as `$filter`, and back. */
function withSafeKeys(schema: Record<string, unknown> & { properties: Record<string, unknown> }): InputForm {
  const { properties, required } = schema;
  const names = Object.keys(properties);
  if (names.every((name) => safeKey.test(name))) return { schema, toServer: (input) => input };
  const safe = new Map<string, string>();
  const taken = new Set(names);
  for (const name of names) {
    const key = safeKey.test(name) ? name : freeKey(name, taken);
    taken.add(key);
    safe.set(name, key);
  }
  const original = new Map([...safe].map(([name, key]) => [key, name]));
  const renamed = Object.entries(properties).map(([name, one]) => [safe.get(name), one]);
  return {
    schema: {
      ...schema,
      properties: Object.fromEntries(renamed) as Record<string, unknown>,
      ...(Array.isArray(required) && { required: required.map((name: string) => safe.get(name) ?? name) }),
    },
    toServer: (input) =>
      Object.fromEntries(Object.entries(input).map(([key, value]) => [original.get(key) ?? key, value])),
  };
}

function freeKey(name: string, taken: ReadonlySet<string>): string {
  const plain = name.replaceAll(/[^a-zA-Z0-9_.-]/g, "_").slice(0, 60) || "_";
  let key = plain;
  for (let count = 2; taken.has(key); count += 1) key = `${plain}_${count}`;
  return key;
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
