import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openStore, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The contents that a search for the text finds. */
async function found(contents: readonly string[], text: string, escape = (line: string) => line) {
  await using folder = await temporaryFolder();
  for (const [index, content] of contents.entries()) {
    const path = writeTranscript(folder.path, `s${index}`, []);
    const line = JSON.stringify({ seq: 1, id: "x", role: "user", content, timestamp: index });
    writeFileSync(path, `${escape(line)}\n`, { flag: "a" });
    expect(path).toBe(transcriptPath(folder.path, `s${index}`));
  }
  await using store = await openStore(folder.path);
  const hits: string[] = [];
  for await (const { message } of store.searchSessions(text)) if (message) hits.push(message.content);
  return hits.sort();
}

test.each<[string, readonly string[], readonly string[]]>([
  ["Weather", ["the weATHEr", "whether"], ["the weATHEr"]],
  ["wetter in köln", ["Das WETTER IN KÖLN"], ["Das WETTER IN KÖLN"]],
  ["天气", ["今天天气怎么样"], ["今天天气怎么样"]],
  // The Kelvin sign and the dotted capital I have lower cases in ASCII.
  ["kelvin", ["300 \u212Aelvin"], ["300 \u212Aelvin"]],
  ["istanbul", ["\u0130stanbul"], []],
  ['say "hi"', ['please say "hi" to them'], ['please say "hi" to them']],
  ["c:\\dir", ["in C:\\DIR"], ["in C:\\DIR"]],
  ["a\nb", ["a\nb"], ["a\nb"]],
  ["a\u2028b", ["xa\u2028b"], ["xa\u2028b"]],
  // Words of the format itself are no content.
  ["timestamp", ["nothing"], []],
  [`${"ab".repeat(40)}!`, [`x${"ab".repeat(60)}!`, "ab".repeat(60)], [`x${"ab".repeat(60)}!`]],
])("finds %j", async (text, contents, expected) => {
  expect(await found(contents, text)).toEqual(expected);
});

test("finds a text in lines whose characters another program escaped", async () => {
  const escape = (line: string) => line.replace("weather", "\\u0077eather").replace("cafe", "caf\\u0065");
  expect(await found(["the weather", "a cafe"], "weather", escape)).toEqual(["the weather"]);
  expect(await found(["the weather", "a cafe"], "cafe", escape)).toEqual(["a cafe"]);
});
