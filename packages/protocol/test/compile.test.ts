import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { toEntry } from "../src/index.ts";
import { compile } from "../src/schema/compile.ts";
import { MessageSchema } from "../src/schema/messages.ts";
import { MessageEntrySchema, RecordEntrySchema } from "../src/schema/transcript.ts";
import { NumberedEventSchema, ServerEventSchema } from "../src/schema/wire.ts";
import { copyMessage } from "../src/schema.ts";
import { keptEvents, liveEvents, numbered } from "./samples.ts";

const events = [...keptEvents, ...liveEvents].map((event) => numbered(event));
const entries = events.flatMap((event) => toEntry(event) ?? []);
const messages = entries
  .filter((entry) => "role" in entry)
  .map(({ seq: _seq, id: _id, runId: _run, ...rest }) => rest);
const answers = [
  { type: "pong" },
  { type: "history", sessionId: "s", messages: entries.filter((entry) => "role" in entry), hasMore: false },
];

const schemas: [string, v.GenericSchema, readonly unknown[]][] = [
  ["messages", MessageSchema, messages],
  ["entries", MessageEntrySchema, entries.filter((entry) => "role" in entry)],
  ["records", RecordEntrySchema, entries.filter((entry) => !("role" in entry))],
  ["events", NumberedEventSchema, events],
  ["frames", ServerEventSchema, [...events, ...answers]],
];

/** Values of other types, and values that JSON does not have. */
const strange = [
  ...[undefined, null, true, 0, -1, 1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60],
  ...["", "text", [], [1], [undefined], {}, { type: "text" }, 10n, new Date(0), Symbol("s"), () => 1],
];

type Path = readonly (string | number)[];

function isObject(value: unknown): value is Record<string | number, unknown> {
  return typeof value === "object" && value !== null;
}

/** The paths of all fields and items. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (!isObject(value)) return [path];
  return [path, ...Object.keys(value).flatMap((key) => pathsOf(value[key], [...path, key]))];
}

function isList(value: unknown, [key, ...rest]: Path): boolean {
  return key === undefined ? Array.isArray(value) : isObject(value) && isList(value[key], rest);
}

/** A copy in which the value at a path is another one, or is missing. */
function changed(value: unknown, [key, ...rest]: Path, change: { to?: unknown }): unknown {
  if (key === undefined || !isObject(value)) return change.to;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string | number, unknown>;
  if (rest.length > 0 || "to" in change) copy[key] = changed(copy[key], rest, change);
  else delete copy[key];
  return copy;
}

/** The samples, and each with one field missing, added, or of another type. */
function variantsOf(samples: readonly unknown[]): unknown[] {
  return samples.flatMap((sample) => [
    sample,
    ...pathsOf(sample).flatMap((path) => [
      ...strange.map((to) => changed(sample, path, { to })),
      changed(sample, path, {}),
      // JSON and schemas drop a name beside the items of an array.
      ...(isList(sample, path) ? [] : [changed(sample, [...path, "unknownField"], { to: 1 })]),
    ]),
  ]);
}

/** Returns a value after a trip through JSON; `undefined` where JSON changes it. */
function throughJson(value: unknown): unknown {
  try {
    const read: unknown = JSON.parse(JSON.stringify(value));
    return isDeepStrictEqual(read, value) ? read : undefined;
  } catch {
    return undefined;
  }
}

describe.each(schemas)("compiled %s", (_, schema, samples) => {
  const compiled = compile(schema);
  const variants = variantsOf(samples);

  test("accept what the schema accepts", () => {
    expect(samples.length).toBeGreaterThan(0);
    for (const value of variants) expect([value, compiled.is(value)]).toEqual([value, v.is(schema, value)]);
  });

  test("copy what JSON and the schema keep as it is, and nothing else", () => {
    let copies = 0;
    for (const value of variants) {
      const parsed = v.safeParse(schema, value);
      const kept = parsed.success ? throughJson(value) : undefined;
      const isWhole =
        kept !== undefined && JSON.stringify(sorted(parsed.output)) === JSON.stringify(sorted(kept));
      const copy = compiled.copy(value);
      if (copy === undefined) continue;
      copies += 1;
      expect([isWhole, value]).toEqual([true, value]);
      expect(isDeepStrictEqual(copy, value)).toBe(true);
    }
    for (const sample of samples) expect(compiled.copy(sample)).toStrictEqual(sample);
    expect(copies).toBeGreaterThanOrEqual(samples.length);
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

test("a copy shares no object with the original", () => {
  const input = { nested: { list: [1, { deep: true }] } };
  const message = {
    ...{ role: "assistant", content: "", timestamp: 1 },
    toolCalls: [{ toolName: "bash", input }],
  };
  const copy = copyMessage(message);
  input.nested.list.push(2);

  expect(copy).toMatchObject({ toolCalls: [{ input: { nested: { list: [1, { deep: true }] } } }] });
});

test("a copy of a circle, of a very deep value and of a key `__proto__` is left to JSON", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  let deep: Record<string, unknown> = {};
  for (let level = 0; level < 10_000; level += 1) deep = { deep };
  const copies = [circle, deep, JSON.parse('{"__proto__":1}')].map((input) =>
    copyMessage({
      ...{ role: "assistant", content: "", timestamp: 1 },
      toolCalls: [{ toolName: "bash", input }],
    }),
  );

  expect(copies).toEqual([undefined, undefined, undefined]);
});
