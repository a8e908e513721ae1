import { expect, test } from "vitest";
import { readPartialInput } from "../page/conversation/tools/partial-input.ts";

test.each([
  ["", {}],
  ["{", {}],
  ['{"file_pa', {}],
  ['{"file_path"', {}],
  ['{"file_path":', {}],
  ['{"file_path":"a', { file_path: "a" }],
  ['{"file_path":"a.ts",', { file_path: "a.ts" }],
  ['{"file_path":"a.ts","content":"one\\ntw', { file_path: "a.ts", content: "one\ntw" }],
  ['{"content":"half an escape \\', { content: "half an escape " }],
  ['{"content":"half an escape \\u4f', { content: "half an escape " }],
  ['{"content":"a backslash \\\\', { content: "a backslash \\" }],
  ['{"content":"a quote \\"', { content: 'a quote "' }],
  ['{"content":"{[,"', { content: "{[," }],
  ['{"items":[{"text":"on', { items: [{ text: "on" }] }],
  ['{"items":[1,', {}],
  ['{"count":12', { count: 12 }],
  ['{"count":-', {}],
  ['{"isOn":tr', {}],
  ['{"a":"b"}', { a: "b" }],
  ["[1", {}],
  ['"text', {}],
  ["no JSON", {}],
])("reads as much of %j as is there", (json, input) => {
  expect(readPartialInput(json)).toEqual(input);
});

test("reads every beginning of an input without losing a complete field", () => {
  const json = JSON.stringify({ file_path: "a/b.ts", content: 'let a = "\\n";\n// 你好 \u2028', count: 2 });

  for (let end = 30; end <= json.length; end += 1)
    expect(readPartialInput(json.slice(0, end))).toMatchObject({ file_path: "a/b.ts" });
});
