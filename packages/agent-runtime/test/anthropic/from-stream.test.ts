import fc from "fast-check";
import { expect, test } from "vitest";
import { createTurnBuilder } from "../../src/providers/anthropic/from-stream.ts";
import { createAnswerLimit } from "../../src/providers/http/answer-limit.ts";

const createBuilder = () => createTurnBuilder({ limit: createAnswerLimit(Infinity), secrets: [] });

const started = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
const delta = (text: string) => ({
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text },
});

test("reads any text that JSON can hold, in every notation", () => {
  const spaces = fc.constantFrom("", "   ", "\n");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), spaces, fc.boolean(), (text, padding, isIndented) => {
      const turn = createBuilder();
      turn.add(JSON.stringify(started));
      const json = JSON.stringify(delta(text), undefined, isIndented ? 1 : 0);

      const shown = turn.add(`${json.slice(0, -1)}${padding}}`);

      expect(shown).toEqual(text === "" ? undefined : { type: "text", text });
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test.each([
  [
    "a raw line break",
    '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\nb"}}',
  ],
  ["no end", '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}'],
  ["an open text", '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a}}'],
])("refuses a delta with %s, as it is not JSON", (_, data) => {
  const turn = createBuilder();
  turn.add(JSON.stringify(started));
  expect(() => turn.add(data)).toThrow(SyntaxError);
});

test("shows a text whose block never began", () => {
  expect(createBuilder().add(JSON.stringify(delta("kept")))).toEqual({ type: "text", text: "kept" });
});
