import { isRecord } from "@mini-openclaw/protocol/shared";

/** A JSON Schema, or a part of one. */
type Schema = Readonly<Record<string, unknown>>;

/**
 * Returns an input with the types of the schema, because smaller models often write others:
 * - a number or a boolean as text
 * - an array or an object as JSON text
 * - one item for an array of items
 * - `null` for a property that may be absent
 *
 * Any other value stays as it is, and the schema refuses it.
 */
export function coerceInput(value: unknown, schema: unknown): unknown {
  if (!isRecord(schema)) return value;
  const types = typesOf(schema);
  if (types.length === 0 || types.includes(typeOf(value))) return coerceParts(value, schema);
  if (types.includes("number") && typeOf(value) === "integer") return value;
  const found = types.flatMap((type) => coerceTo(type, value)).at(0);
  return found === undefined ? value : coerceParts(found, schema);
}

function coerceParts(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) return value.map((item) => coerceInput(item, schema["items"]));
  const properties = schema["properties"];
  if (!isRecord(value) || !isRecord(properties)) return value;
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const entries = Object.entries(value).flatMap(([name, part]) => {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const isAbsent = part === null && own !== undefined && !required.includes(name) && !allowsNull(own);
    return isAbsent ? [] : [[name, coerceInput(part, own)]];
  });
  return Object.fromEntries(entries) as unknown;
}

/** Returns the value as a type, in a list, or an empty one if it has no such form. */
function coerceTo(type: string, value: unknown): unknown[] {
  switch (type) {
    case "number":
    case "integer":
      return typeof value === "string" ? readNumber(value.trim()) : [];
    case "boolean":
      return value === "true" ? [true] : value === "false" ? [false] : [];
    case "array":
      return typeof value === "string"
        ? readJson(value, Array.isArray, [[value]])
        : isRecord(value)
          ? [[value]]
          : [];
    case "object":
      return typeof value === "string" ? readJson(value, isRecord, []) : [];
    default:
      return [];
  }
}

/** Reads a plain decimal number, not what else `Number` takes (an empty text, hexadecimal). */
function readNumber(text: string): number[] {
  return /^[+-]?\d{1,15}(\.\d{1,15})?(e[+-]?\d{1,3})?$/i.test(text) ? [Number(text)] : [];
}

function readJson(text: string, isWanted: (value: unknown) => boolean, otherwise: unknown[]): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return isWanted(value) ? [value] : otherwise;
  } catch {
    return otherwise;
  }
}

function typesOf(schema: Schema): string[] {
  const { type } = schema;
  return typeof type === "string"
    ? [type]
    : Array.isArray(type)
      ? type.filter((one) => typeof one === "string")
      : [];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

/** Returns whether `null` means something of its own. A schema without a type is left alone. */
function allowsNull(schema: unknown): boolean {
  if (!isRecord(schema)) return true;
  const types = typesOf(schema);
  return types.length === 0 || types.includes("null");
}
