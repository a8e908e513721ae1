import { expect, test } from "vitest";
import { describeFile, titleOf, toMarkdown } from "../src/index.ts";
import { checkLine, checkMessage, parseClientEvent, parseServerEvent } from "../src/schema.ts";
import { describeValue } from "../src/shared.ts";

// One of each class that a pattern or a trimming loop could read again and again.
const pieces = [
  ...[" ", "\t", "\n", "\r\n", "\u00a0", "a", "A1", "\\", '"', "`", "{", "[", "<", "-", ".", "=", "\u0000"],
  ...["中", "👋", "\ud83d", "\u200d👩", "e\u0301", "`\n", " \n ", "\\u0020"],
];

const timestamp = 1;
const parsers: [string, (text: string) => unknown][] = [
  ["parseClientEvent of bare text", (text) => parseClientEvent(text)],
  [
    "parseClientEvent of content",
    (content) => parseClientEvent(JSON.stringify({ type: "message", content })),
  ],
  ["parseClientEvent of a type", (type) => parseClientEvent(JSON.stringify({ type }))],
  ["parseClientEvent of an id", (id) => parseClientEvent(JSON.stringify({ type: "ping", id }))],
  ["parseServerEvent of a code", (code) => parseServerEvent(JSON.stringify({ type: "error", code }))],
  ["checkMessage", (content) => checkMessage({ role: "user", content, timestamp })],
  ["checkMessage of a role", (role) => checkMessage({ role })],
  ["checkLine", (content) => checkLine({ role: "user", seq: 1, id: "x", content, timestamp })],
  ["checkLine of a type", (type) => checkLine({ type })],
  ["titleOf", titleOf],
  ["describeFile", (data) => describeFile({ type: "image", mediaType: "image/png", data: `${data}A` })],
  ["describeValue", describeValue],
  [
    "toMarkdown",
    (content) =>
      toMarkdown([
        { role: "tool", seq: 1, id: "t", callId: "c", toolName: "x", content, isError: false, timestamp },
        { role: "system", seq: 2, id: "s", content, timestamp, compaction: true },
      ]),
  ],
];

/** Returns the shortest CPU time of some calls, so that a pause of the machine does not count. */
function cpuOf(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}

// Ten times the input costs ten times as much in linear time, and a hundred times in quadratic
// time. Small times are below the resolution of the clock, so they count as 2 ms.
const MOST_GROWTH = 40;
const FLOOR_US = 2_000;

test.each(parsers)("%s needs linear time for runs of any character", (_name, parse) => {
  const slow = pieces.filter((piece) => {
    const short = cpuOf(() => parse(piece.repeat(10_000)));
    const long = cpuOf(() => parse(piece.repeat(100_000)));
    return long > Math.max(short, FLOOR_US) * MOST_GROWTH;
  });

  expect(slow).toEqual([]);
});

test("toMarkdown needs linear time for many entries with calls and retries", () => {
  const conversation = (count: number) =>
    Array.from({ length: count }, (_, index) => [
      { role: "user", seq: 3 * index + 1, id: `u${index}`, runId: `r${index}`, content: "go", timestamp },
      {
        ...{ role: "assistant", seq: 3 * index + 2, id: `a${index}`, runId: `r${index}`, content: "ok" },
        ...{ timestamp, toolCalls: [{ callId: "c", toolName: "x", input: {} }], retryOf: `r${index - 1}` },
      },
      {
        ...{ role: "tool", seq: 3 * index + 3, id: `t${index}`, runId: `r${index}`, callId: "c" },
        ...{ toolName: "x", content: "done", isError: false, timestamp },
      },
    ]).flat() as Parameters<typeof toMarkdown>[0];
  const small = conversation(1_000);
  const large = conversation(10_000);

  const growth =
    cpuOf(() => toMarkdown(large)) /
    Math.max(
      cpuOf(() => toMarkdown(small)),
      FLOOR_US,
    );

  expect(growth).toBeLessThan(MOST_GROWTH);
});
