import * as v from "valibot";
import { JsonObject } from "./blocks.ts";

/** A schema as functions that cost a tenth of a run of the schema. */
export interface Compiled<T> {
  /** Returns true for a valid value. Accepts unknown fields. */
  is: (value: unknown) => value is T;
  /**
   * Returns a deep copy in one walk. Returns `undefined` for an invalid value, for unknown fields,
   * and for a value that JSON would change, such as a date or an infinity.
   */
  copy: (value: unknown) => T | undefined;
}

interface Node {
  readonly is: (value: unknown) => boolean;
  readonly copy: (value: unknown) => unknown;
}

type Schema = v.GenericSchema<unknown, unknown>;
type Fields = Readonly<Record<string, unknown>>;

// Deeper values are left to JSON, which reports a circle.
const MAX_DEPTH = 64;

/** Compiles a schema. Kinds of schemas that are not listed here run as they are. */
export function compile<T>(schema: v.GenericSchema<unknown, T>): Compiled<T> {
  return toNode(schema) as Compiled<T>;
}

function toNode(schema: Schema): Node {
  if ("pipe" in schema) return pipeNode(schema);
  const { literal, options, item, entries, key, wrapped } = schema as unknown as SchemaParts;
  switch (schema.type) {
    case "string":
      return leaf((value) => typeof value === "string");
    case "boolean":
      return leaf((value) => typeof value === "boolean");
    case "number": {
      const is = (value: unknown) => typeof value === "number" && !Number.isNaN(value);
      return { is, copy: (value) => (isJsonNumber(value) ? value : undefined) };
    }
    case "literal":
      return leaf((value) => value === literal);
    case "picklist":
      return leaf((value) => options.includes(value));
    case "exact_optional":
      return toNode(wrapped);
    case "array":
      return arrayNode(toNode(item));
    case "object":
      return objectNode(entries);
    case "variant":
      return variantNode(key, options as ObjectSchema[]);
    case "union":
      return unionNode((options as Schema[]).map(toNode));
    default:
      return schema === JsonObject ? jsonObject : interpreted(schema);
  }
}

type ObjectSchema = Schema & Pick<SchemaParts, "entries">;

/** The fields of the kinds of schemas. */
interface SchemaParts {
  readonly literal: unknown;
  readonly options: readonly unknown[];
  readonly item: Schema;
  readonly entries: Readonly<Record<string, Schema>>;
  readonly key: string;
  readonly wrapped: Schema;
}

/** Compiles the pipes of numbers, such as a `seq`. The first step may be a pipe too. */
function pipeNode(schema: Schema): Node {
  const [base, ...steps] = (schema as unknown as { pipe: [Schema, ...Step[]] }).pipe;
  if (base.type !== "number") return interpreted(schema);
  let { is } = toNode(base);
  for (const { type, requirement } of steps) {
    const before = is;
    const min = Number(requirement);
    if (type === "safe_integer") is = (value) => before(value) && Number.isSafeInteger(value);
    else if (type === "min_value") is = (value) => before(value) && Number(value) >= min;
    else return interpreted(schema);
  }
  return leaf(is);
}

interface Step {
  readonly type: string;
  readonly requirement?: unknown;
}

/** Runs the schema itself. */
function interpreted(schema: Schema): Node {
  return leaf((value) => v.is(schema, value));
}

/** Checks a value that is no object. */
function leaf(is: (value: unknown) => boolean): Node {
  return { is, copy: (value) => (is(value) && isJsonLeaf(value) ? value : undefined) };
}

function arrayNode(item: Node): Node {
  return {
    is: (value) => {
      if (!Array.isArray(value)) return false;
      // A hole of an array is no item.
      for (let index = 0; index < value.length; index += 1) if (!item.is(value[index])) return false;
      return true;
    },
    copy: (value) => {
      if (!Array.isArray(value)) return undefined;
      const copy: unknown[] = [];
      for (let index = 0; index < value.length; index += 1) {
        const one = item.copy(value[index]);
        if (one === undefined) return undefined;
        copy.push(one);
      }
      return copy;
    },
  };
}

function objectNode(entries: Readonly<Record<string, Schema>>): Node {
  const fields = new Map(Object.entries(entries).map(([name, schema]) => [name, fieldOf(schema)]));
  const required = [...fields.values()].filter(({ isRequired }) => isRequired).length;
  // The fields of the value, because most optional fields of a schema are absent.
  return {
    is: (value) => {
      if (typeof value !== "object" || value === null) return false;
      let missing = required;
      for (const name in value) {
        const field = fields.get(name);
        if (!field) continue;
        if (!field.node.is((value as Fields)[name])) return false;
        if (field.isRequired) missing -= 1;
      }
      return missing === 0;
    },
    copy: (value) => {
      if (typeof value !== "object" || value === null) return undefined;
      const copy: Record<string, unknown> = {};
      let missing = required;
      for (const name in value) {
        const field = fields.get(name);
        const one = field?.node.copy((value as Fields)[name]);
        if (!field || one === undefined) return undefined;
        copy[name] = one;
        if (field.isRequired) missing -= 1;
      }
      return missing === 0 ? copy : undefined;
    },
  };
}

function fieldOf(schema: Schema) {
  return { isRequired: schema.type !== "exact_optional", node: toNode(schema) };
}

function variantNode(key: string, options: readonly ObjectSchema[]): Node {
  const nodes = new Map(
    options.map((option) => [(option.entries[key] as unknown as SchemaParts).literal, toNode(option)]),
  );
  const find = (value: unknown) =>
    typeof value === "object" && value !== null ? nodes.get((value as Fields)[key]) : undefined;
  return {
    is: (value) => find(value)?.is(value) ?? false,
    copy: (value) => find(value)?.copy(value),
  };
}

function unionNode(nodes: readonly Node[]): Node {
  return {
    is: (value) => nodes.some((node) => node.is(value)),
    copy: (value) => {
      for (const node of nodes) {
        const copy = node.copy(value);
        if (copy !== undefined) return copy;
      }
      return undefined;
    },
  };
}

const jsonObject: Node = {
  is: (value) => v.is(JsonObject, value),
  copy: (value) => (Array.isArray(value) || isJsonLeaf(value) ? undefined : copyJson(value, 0)),
};

/** Returns a deep copy of a value that JSON keeps as it is, and otherwise `undefined`. */
function copyJson(value: unknown, depth: number): unknown {
  if (isJsonLeaf(value)) return value;
  if (typeof value !== "object" || depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    for (let index = 0; index < value.length; index += 1) {
      const one = copyJson(value[index], depth + 1);
      if (one === undefined) return undefined;
      copy.push(one);
    }
    return copy;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  const copy: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value as object)) {
    const one = copyJson(item, depth + 1);
    // An assignment to `__proto__` would not make a key.
    if (one === undefined || name === "__proto__") return undefined;
    copy[name] = one;
  }
  return copy;
}

function isJsonLeaf(value: unknown): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" || isJsonNumber(value);
}

/** Returns false for numbers that JSON does not have. It has no minus zero either. */
function isJsonNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0);
}
