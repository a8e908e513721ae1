import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Entry, toMarkdown } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { safe } from "../src/cli/terminal.ts";
import { nodeFileSystem } from "../src/files/file-system.ts";
import { beginSummary, nextSummary } from "../src/format/summary.ts";
import { parseTranscriptLine } from "../src/format/transcript-line.ts";
import { createIncludes } from "../src/model/search.ts";
import { pickPage } from "../src/model/sessions-page.ts";
import { verifyTranscript } from "../src/transcript/verify.ts";
import { openStore, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Runs of these are what trims, splits and searches step through. */
const characters: Record<string, string> = {
  blanks: " ",
  tabs: "\t",
  "line feeds": "\n",
  "carriage returns": "\r",
  NULs: "\0",
  "byte order marks": "\uFEFF",
  "no-break spaces": "\u00A0",
  "line separators": "\u2028",
  "escape characters": "\u001B",
  letters: "a",
  digits: "1",
  dots: ".",
  quotes: '"',
  backslashes: "\\",
  braces: "{",
  brackets: "[",
  backticks: "`",
  "half characters": "\uD83D",
  "joined characters": "👩‍",
  "combining marks": "\u0301",
};

const SHORT = 10_000;
const LONG = 100_000;

/** The least CPU of some runs, in ms. */
async function cost(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

/**
 * Returns how much dearer ten times the input is: about 10 if the cost is linear, 100 if it is a
 * square.
 */
async function growthOf(work: (length: number) => unknown): Promise<number> {
  const short = await cost(() => work(SHORT));
  const long = await cost(() => work(LONG));
  return long / Math.max(short, 2);
}

const LINEAR = 40;

const entry = (content: string): Entry => ({ seq: 1, id: "id-1", role: "user", content, timestamp: 1 });
const toolResult = (content: string): Entry => ({
  ...{ seq: 1, id: "x", role: "tool", callId: "c", toolName: "t" },
  ...{ content, isError: false, timestamp: 1 },
});
const asLine = (value: unknown) => Buffer.from(JSON.stringify(value));

/** Each takes any text. */
const parsers: Record<string, (text: string) => unknown> = {
  "a line with the run in its middle": (text) => parseTranscriptLine(asLine(entry(`a${text}b`))),
  "a line that is no JSON, with the run in its middle": (text) =>
    parseTranscriptLine(Buffer.from(`{${text}x`)),
  "a line with the run around it": (text) => parseTranscriptLine(Buffer.from(`${text}{"a":1}${text}`)),
  "a line of nothing else": (text) => parseTranscriptLine(Buffer.from(text)),
  "the title of a session": (text) =>
    nextSummary(beginSummary("s"), { kind: "entry", entry: entry(`a${text}b`), marks: {} }),
  "what is printed": (text) => safe(`a${text}b`),
  Markdown: (text) => toMarkdown([toolResult(text)]),
  "Markdown with the character now and then": (text) =>
    toMarkdown([toolResult(text.replaceAll(/(.{3})/gs, "$1 "))]),
  "a text that is searched": (text) => createIncludes(`${text.slice(0, 200)}b${text.slice(0, 200)}`)(text),
  "a text that is searched for": (text) => createIncludes(`${text}b`)(`${text}a${text}`),
  "a cursor": (text) => {
    expect(() => pickPage([], { cursor: `1${text}!` })).toThrow(/cursor/);
  },
};

describe.each(Object.entries(parsers))("%s costs linear time", (_, parse) => {
  test.each(Object.entries(characters))("with a run of %s", async (__, character) => {
    expect(await growthOf((length) => parse(character.repeat(length)))).toBeLessThan(LINEAR);
  });
});

describe("a transcript costs linear time", () => {
  const contents: Record<string, (run: string) => string> = {
    "in a message": (run) => `${JSON.stringify({ ...entry(`a${run}b`), seq: 2, id: "id-2" })}\n`,
    "in a damaged line": (run) => `{"seq":2,${run}\n`,
    "at its end": (run) => run,
  };
  const readers: Record<string, (folder: string, sessionId: string) => Promise<void>> = {
    pages: async (folder, sessionId) => {
      await using store = await openStore(folder);
      await store.loadMessages(sessionId);
      await store.loadMessages(sessionId, { before: 2, role: "user" });
    },
    entries: async (folder, sessionId) => {
      await using store = await openStore(folder);
      for await (const _ of store.entries(sessionId));
    },
    search: async (folder) => {
      await using store = await openStore(folder);
      for await (const _ of store.searchSessions("not there"));
    },
    "keyed appends": async (folder, sessionId) => {
      await using store = await openStore(folder);
      await store.appendMessage(sessionId, says("next"), { idempotencyKey: "k" });
    },
    verify: async (folder, sessionId) => {
      for await (const _ of verifyTranscript(nodeFileSystem, transcriptPath(folder, sessionId)));
    },
  };
  const cases = Object.keys(readers).flatMap((reader) =>
    Object.keys(contents).map((where) => [reader, where]),
  );
  test.each(cases)("in %s, with a run %s", async (reader = "", where = "") => {
    await using folder = await temporaryFolder();
    let count = 0;
    for (const character of [" ", "\0", "\uFEFF", "\u00A0", "\n"]) {
      const growth = await growthOf(async (length) => {
        count += 1;
        const path = writeTranscript(folder.path, `s${count}`, ["one"]);
        appendFileSync(path, contents[where]?.(character.repeat(length)) ?? "");
        await readers[reader]?.(folder.path, `s${count}`);
        writeFileSync(path, "");
      });
      expect(growth).toBeLessThan(LINEAR);
    }
  });
});

test("names of files cost linear time", async () => {
  const growth = await growthOf(async (length) => {
    await using folder = await temporaryFolder();
    // A name has at most 255 bytes: the run is one over many names.
    const names = Array.from({ length: length / 1_000 }, (_, index) => `${"1.".repeat(90)}${index}.jsonl`);
    for (const name of names) writeFileSync(join(folder.path, name), "");
    await using store = await openStore(folder.path);
    await store.listSessions();
  });
  expect(growth).toBeLessThan(LINEAR);
});

test("an open run costs linear time in its events and in the other open runs", async () => {
  const growth = await growthOf(async (length) => {
    await using folder = await temporaryFolder();
    const path = writeTranscript(folder.path, "runs", ["one"]);
    const count = length / 20;
    const lines = Array.from({ length: count }, (_, index) =>
      JSON.stringify({ ...entry("hi"), seq: index + 2, id: `u${index}`, runId: `r${index}` }),
    );
    appendFileSync(path, lines.map((line) => `${line}\n`).join(""));
    await using store = await openStore(folder.path);
    await store.forkSession("runs");
  });
  expect(growth).toBeLessThan(LINEAR);
});
