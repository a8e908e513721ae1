import { expect, test } from "vitest";
import { createModelFetch } from "../../src/providers/http/model-fetch.ts";

test.each([
  ["a whole character", "a😀b", "a😀b"],
  ["a first half", "a\ud83d", "a\ufffd"],
  ["a second half", "\ude00b", "\ufffdb"],
  ["halves the wrong way round", "\ude00\ud83d", "\ufffd\ufffd"],
  ["what only looks like one", "\\ud83d", "\\ud83d"],
  ["one behind a backslash", "\\\ud83d", "\\\ufffd"],
])("sends %s in a form that every server reads", async (_, text, expected) => {
  const bodies: unknown[] = [];
  const { fetch } = createModelFetch(async (_url, init) => {
    bodies.push(JSON.parse(init?.body as string));
    return new Response();
  }, []);
  await fetch("http://127.0.0.1/", { method: "POST", body: JSON.stringify({ [text]: [text] }) });
  await fetch("http://127.0.0.1/", { method: "POST", body: JSON.stringify({ text }) });
  expect(bodies).toEqual([{ [expected]: [expected] }, { text: expected }]);
});
