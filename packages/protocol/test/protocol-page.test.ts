import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { defaultLimits, errorCodes } from "../src/index.ts";

const page = readFileSync(new URL("../../../PROTOCOL.md", import.meta.url), "utf8");
const { $defs } = JSON.parse(readFileSync(new URL("../schema.json", import.meta.url), "utf8")) as {
  $defs: Record<string, Schema>;
};

interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema & { const?: string; items?: Schema }>;
  required?: string[];
}

/** The rows of the table under a heading: the names in its first cell, and its second. */
function rowsUnder(heading: string): [names: string[], cell: string][] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return section.split("\n").flatMap((line) => {
    const [, first = "", second] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (second === undefined || /^-+$/.test(first) || /^(type|shape|limit|code)$/.test(first)) return [];
    const quoted = [...first.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    return [[quoted.length > 0 ? quoted : [first], second]];
  });
}

/** Returns the names of the fields in a cell, without the text in parentheses. */
function fieldsIn(cell: string): string[] {
  const names = [...cell.replace(/\([^()]*\)/g, "").matchAll(/`(\w+\??)`/g)];
  return names.map(([, name = ""]) => name).sort();
}

function fieldsOf(schema: Schema, without: readonly string[] = []): string[] {
  const { properties = {}, required = [] } = schema;
  const names = Object.keys(properties).filter((name) => !without.includes(name));
  return names.map((name) => (required.includes(name) ? name : `${name}?`)).sort();
}

/** The schemas of a union, by their `type` or `role`. */
function unionOf(name: string): Map<string, Schema> {
  const { anyOf, oneOf } = $defs[name] ?? {};
  const members = (anyOf ?? oneOf ?? []).map(resolve);
  return new Map(
    members.map((one) => [one.properties?.["type"]?.const ?? one.properties?.["role"]?.const ?? "", one]),
  );
}

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : resolve($defs[name] ?? {});
}

const sessionFields = fieldsIn(rowsUnder("Shapes").find(([[name]]) => name === "session")?.[1] ?? "");

describe("PROTOCOL.md names exactly the fields of the schemas:", () => {
  test.each([
    ["Client → gateway", "ClientEvent", ["type", "id"]],
    ["Gateway → client: answers", "Answer", ["type"]],
    ["Gateway → client: what happens in a session", "NumberedEvent", ["type", "sessionId", "seq"]],
  ])("%s", (heading, union, without) => {
    const described = rowsUnder(heading).flatMap(([types, cell]) => {
      const fields = cell.startsWith("those of a [session]")
        ? [...sessionFields, "replyTo?"]
        : fieldsIn(cell);
      return types.map((type) => [type, fields.toSorted()] as const);
    });

    const schemas = [...unionOf(union)].filter(([type]) => type !== "auth");
    expect(Object.fromEntries(described)).toEqual(
      Object.fromEntries(schemas.map(([type, schema]) => [type, fieldsOf(schema, without)])),
    );
  });

  test("Shapes", () => {
    const described = Object.fromEntries(
      rowsUnder("Shapes").map(([[name = ""], cell]) => [name, fieldsIn(cell)]),
    );

    const messages = unionOf("MessageEntry");
    const expected = [...messages].map(([role, schema]) => [`${role} message`, fieldsOf(schema)]);
    const session = unionOf("Answer").get("session_summary") ?? {};
    const { limits = {} } = unionOf("Answer").get("connected")?.properties ?? {};
    expect(described).toMatchObject({
      ...Object.fromEntries(expected),
      session: fieldsOf(session, ["type", "replyTo"]),
      limits: fieldsOf(resolve(limits)),
      "tool call": fieldsOf($defs["ToolCallRecord"] ?? {}),
      usage: fieldsOf($defs["Usage"] ?? {}),
      block: ["type", ...unionOf("ContentBlock").keys()].sort(),
    });
  });
});

test("PROTOCOL.md has every error code and the default of every limit", () => {
  const codes = rowsUnder("Error codes").flatMap(([names]) => names);
  expect(codes.sort()).toEqual(Object.keys(errorCodes).sort());

  const limits = rowsUnder("Limits").filter(([[name = ""]]) => name in defaultLimits);
  const told = limits.map(([[name = ""], cell]) => [
    name,
    name === "mediaTypes"
      ? [...cell.matchAll(/`(.+?)`/g)].map(([, type]) => type)
      : Number(/[\d,]+/.exec(cell)?.[0].replaceAll(",", "")),
  ]);
  expect(Object.fromEntries(told)).toEqual(defaultLimits);
});
