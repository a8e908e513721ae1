import { expect, test } from "vitest";
import { parseTranscriptLine } from "../src/format/transcript-line.ts";

const entry = { seq: 3, id: "id-3", role: "user", content: "é", timestamp: 3 } as const;
const text = JSON.stringify(entry);

/** Parses the line of the entry with more text before its closing brace. */
function parseWith(more: string) {
  const bytes = Buffer.from(`${text.slice(0, -1)}${more}}`);
  const before = Buffer.from(bytes);
  const line = parseTranscriptLine(bytes);
  // The bytes may be copied later, as repair does.
  expect(bytes.equals(before)).toBe(true);
  return line;
}

test.each([1, 10, 42, 999_999_999])("keeps a mark of %i more lines apart from the entry", (groupRest) => {
  const line = { kind: "entry", entry, marks: { groupRest } };
  expect(parseWith(`,"groupRest":${groupRest}`)).toEqual(line);
  const idempotencyKey = "key";
  const marks = { groupRest, idempotencyKey };
  // Two marks may have either order.
  expect(parseWith(`,"groupRest":${groupRest},"idempotencyKey":"key"`)).toEqual({ ...line, marks });
  expect(parseWith(`,"idempotencyKey":"key","groupRest":${groupRest}`)).toEqual({ ...line, marks });
});

test.each(["05", "-1", "1.5", "", '"3"', "0"])("reads %s as JSON does, not as a mark's number", (value) => {
  const line = parseWith(`,"groupRest":${value}`);
  const isJson = !["05", ""].includes(value);
  expect(line.kind).toBe(isJson ? "entry" : "damaged");
});

test("finds no mark in a line that is shorter than one, or that ends with a number", () => {
  for (const short of ["", "}", "1}", ":1}", ',"groupRest":1}']) {
    expect(parseTranscriptLine(Buffer.from(short)).kind).toBe(short === "" ? "blank" : "damaged");
  }
  expect(parseWith("")).toEqual({ kind: "entry", entry, marks: {} });
  expect(parseWith(',"retries":12')).toMatchObject({ kind: "entry", entry, marks: {} });
});
