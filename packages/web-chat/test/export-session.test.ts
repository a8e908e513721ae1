import type { Client } from "@mini-openclaw/client";
import type { HistoryCommand, MessageEntry, RunEndEntry } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { english } from "../page/language/english.ts";
import { fileNameOf, readHistory, toJsonLines, toMarkdown } from "../page/sessions/export-session.ts";

const session = { sessionId: "s", key: "webchat", title: "Whales", createdAt: 0, epoch: "0" };

function user(seq: number, content: string): MessageEntry {
  return { seq, id: `u${seq}`, role: "user", content, timestamp: 1 };
}

function end(seq: number, more: Partial<RunEndEntry> = {}): RunEndEntry {
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  return { type: "run_end", seq, runId: `r${seq}`, outcome: "completed", usage, timestamp: 1, ...more };
}

test("reads every page of a session, the oldest message first", async () => {
  const all = Array.from({ length: 450 }, (_, index) => user(index * 2 + 1, `no. ${index}`));
  const asked: HistoryCommand[] = [];
  const client = {
    ask: async (question: HistoryCommand) => {
      asked.push(question);
      const { before = Number.POSITIVE_INFINITY, limit = 50 } = question;
      const older = all.filter(({ seq }) => seq < before);
      const messages = older.slice(-limit);
      return { messages, runEnds: [end(messages[0]?.seq ?? 0)], hasMore: older.length > limit };
    },
  } as unknown as Client;

  expect(await readHistory(client, "s")).toEqual({ messages: all, runEnds: [end(1), end(101), end(501)] });
  expect(asked.map(({ before }) => before)).toEqual([undefined, 501, 101]);
});

test("writes code that holds fences in longer fences", () => {
  const run = { runId: "r", timestamp: 1 };
  const input = { path: "a.md", content: "```js\n````" };
  const messages: MessageEntry[] = [
    user(1, "write"),
    {
      ...{ seq: 2, id: "a", role: "assistant", content: "", ...run },
      toolCalls: [{ callId: "c", toolName: "write_file", input }],
    },
    {
      ...{ seq: 3, id: "t", role: "tool", callId: "c", toolName: "write_file", ...run },
      ...{ content: "no room", isError: true },
    },
  ];

  expect(toMarkdown(session, { messages, runEnds: [] }, english).split("\n\n").slice(2)).toEqual([
    "## You",
    "write",
    "**write_file**",
    `\`\`\`\`\`json\n${JSON.stringify(input, undefined, 2)}\n\`\`\`\`\``,
    "✗",
    "```\nno room\n```\n",
  ]);
});

test("names in Markdown the answers that were cut, and why", () => {
  const answer = (seq: number, more: object): MessageEntry => ({
    ...{ seq, id: `a${seq}`, runId: `r${seq}`, role: "assistant", content: "Half an", timestamp: 1 },
    ...more,
  });
  const messages = [
    { ...user(1, "one"), runId: "r2" },
    answer(2, { partial: "aborted" }),
    { ...user(4, "two"), runId: "r5" },
    answer(5, {}),
    { ...user(7, "three"), runId: "r8" },
  ];
  const runEnds = [
    end(3, { runId: "r2", outcome: "aborted" }),
    end(6, {
      runId: "r5",
      outcome: "failed",
      error: { code: "ANSWER_CUT", message: "cut", retryable: false },
    }),
    end(8, {
      outcome: "failed",
      error: { code: "MODEL_FAILED", message: "line one\nline two", retryable: true },
    }),
  ];

  const text = toMarkdown(session, { messages, runEnds }, english);
  expect(text.split("\n\n").slice(2)).toEqual([
    ...["## You", "one", "## Assistant", "Half an", "> Stopped here"],
    ...["## You", "two", "## Assistant", "Half an"],
    "> The answer is incomplete. The model reached its limit, or gave no text.",
    ...["## You", "three"],
    "> The model's server failed. Try again. (line one\n> line two)\n",
  ]);
});

test("writes a header and each message as a line of JSON", () => {
  const message = user(1, "line one\nline two");

  expect(toJsonLines(session, [message])).toBe(
    `{"type":"session","v":1,"sessionId":"s","key":"webchat","createdAt":0,"epoch":"0"}\n${JSON.stringify(message)}\n`,
  );
});

test.each([
  ["Whales & fish", "Whales & fish.md"],
  ["关于鲸鱼", "关于鲸鱼.md"],
  ["../../etc/passwd", "etc passwd.md"],
  ['a<b>c:d"e\\f|g?h*i', "a b c d e f g h i.md"],
  ["line one\nline two\u0000", "line one line two.md"],
  ["...", "chat.md"],
  ["", "chat.md"],
  ["CON", "chat CON.md"],
  ["nul.txt", "chat nul.txt.md"],
  ["evil\u202egpj", "evil gpj.md"],
  ["🐳".repeat(100), `${"🐳".repeat(80)}.md`],
  [`${"x".repeat(79)}. .`, `${"x".repeat(79)}.md`],
])("names the file of %j %j", (title, expected) => {
  expect(fileNameOf(title, "markdown")).toBe(expected);
});
