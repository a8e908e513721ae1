import { describe, expect, test } from "vitest";
import { type Entry, titleOf, toHeader, toMarkdown } from "../src/index.ts";
import { checkLine } from "../src/schema.ts";

describe("titleOf", () => {
  test.each([
    ["one line", "Hello", "Hello"],
    ["several lines", "  Hello\n\n\tthere ", "Hello there"],
    ["60 characters of many units each", "👨‍👩‍👧‍👦".repeat(61), "👨‍👩‍👧‍👦".repeat(60)],
    ["no visible character", " \n ", ""],
    ["61 letters", "x".repeat(61), "x".repeat(60)],
    ["a mark of the last character", `${"x".repeat(60)}\u0301${"y".repeat(9)}`, `${"x".repeat(60)}\u0301`],
    ["a space at the cut", `${"x".repeat(59)} yes`, "x".repeat(59)],
  ])("%s", (_case, content, title) => {
    expect(titleOf(content)).toBe(title);
  });
});

describe("toHeader", () => {
  const meta = { sessionId: "s-1", key: "webchat", createdAt: 5 };

  test("leaves out what is absent or has its default", () => {
    expect(toHeader(meta)).toEqual({ type: "session", v: 1, ...meta });
    expect(toHeader({ ...meta, epoch: "0" })).toEqual({ type: "session", v: 1, ...meta });
  });

  test("keeps the owner, the origin of a fork and the epoch, and is a valid line", () => {
    const more = { owner: "alice", forkedFrom: { sessionId: "s-0", seq: 3 }, epoch: "e1" };
    const header = toHeader({ ...meta, ...more });

    expect(header).toEqual({ type: "session", v: 1, ...meta, ...more });
    expect(checkLine(header)).toEqual({ ok: true, value: { kind: "header", header } });
  });
});

describe("toMarkdown", () => {
  const timestamp = 5;
  const user = (seq: number, content: string, runId = "r1"): Entry => ({
    ...{ seq, id: `u${seq}`, runId, role: "user", content, timestamp },
  });
  const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };
  const result = (runId: string, content: string, isError = false): Entry => ({
    ...{ seq: 3, id: "t", runId, role: "tool", callId: "c1", toolName: "bash", content, isError, timestamp },
  });

  test("links to the files of an answer below its text", () => {
    const content = "A cat.\n[image: image/png, 3 bytes]";
    const blocks = [
      { type: "text" as const, text: "A cat." },
      { type: "image" as const, mediaType: "image/png", data: "AAAA" },
    ];
    const drawn: Entry = { seq: 1, id: "a", runId: "r1", role: "assistant", content, timestamp, blocks };

    expect(toMarkdown([drawn], undefined, () => "cat.png")).toBe(
      `## Assistant\n\n${content}\n\n![image/png](<cat.png>)\n`,
    );
  });

  test("prints messages, calls with their results, and summaries", () => {
    const entries: Entry[] = [
      user(1, "List the files"),
      { seq: 2, id: "a", runId: "r1", role: "assistant", content: "I look.", timestamp, toolCalls: [call] },
      result("r1", "a.txt ```"),
      { type: "run_end", seq: 4, runId: "r1", outcome: "completed", usage: {} as never, timestamp },
      { seq: 5, id: "k", role: "system", content: "They\nlooked.", timestamp, compaction: true },
      { seq: 6, id: "s", role: "system", content: "hidden", timestamp },
    ];

    expect(toMarkdown(entries)).toBe(
      [
        "## User",
        "List the files",
        "## Assistant",
        "I look.",
        "**bash**",
        '```json\n{\n  "command": "ls"\n}\n```',
        "✓",
        "````\na.txt ```\n````",
        "> They\n> looked.",
      ].join("\n\n") + "\n",
    );
  });

  test("matches a call and its result within their run only", () => {
    const answer = (seq: number, runId: string): Entry => ({
      ...{ seq, id: `a${seq}`, runId, role: "assistant", content: "", timestamp, toolCalls: [call] },
    });
    const text = toMarkdown([
      answer(1, "r1"),
      result("r1", "first"),
      answer(4, "r2"),
      result("r2", "no", true),
    ]);

    expect(text.indexOf("first")).toBeLessThan(text.indexOf("no\n"));
    expect(text.match(/✓|✗/g)).toEqual(["✓", "✗"]);
  });

  test("prints a result whose call is not among the entries", () => {
    expect(toMarkdown([result("r1", "alone")])).toBe("**bash**\n\n✓\n\n```\nalone\n```\n");
  });

  test("leaves out the answers of a run that was retried", () => {
    const entries: Entry[] = [
      user(1, "Go"),
      { seq: 2, id: "a1", runId: "r1", role: "assistant", content: "old", timestamp },
      { seq: 3, id: "a2", runId: "r2", role: "assistant", content: "new", timestamp, retryOf: "r1" },
    ];

    expect(toMarkdown(entries, { user: "我", assistant: "助手" })).toBe("## 我\n\nGo\n\n## 助手\n\nnew\n");
  });

  test("leaves out what an edit replaced, and nothing where that is not among the entries", () => {
    const edit: Entry = {
      ...{ seq: 4, id: "u4", runId: "r2", role: "user", content: "New", timestamp },
      editOf: "u2",
    };
    const entries = [user(1, "First"), user(2, "Old"), edit];

    expect(toMarkdown(entries)).toBe("## User\n\nFirst\n\n## User\n\nNew\n");
    expect(toMarkdown([user(1, "First"), edit])).toBe("## User\n\nFirst\n\n## User\n\nNew\n");
  });

  test("gives the reason below an answer that is not complete", () => {
    const end = (seq: number, runId: string, more: object): Entry => ({
      ...{ type: "run_end", seq, runId, outcome: "failed", usage: {} as never, timestamp },
      ...more,
    });
    const half = (seq: number, runId: string, more: object): Entry => ({
      ...{ seq, id: `a${seq}`, runId, role: "assistant", content: "Half", timestamp },
      ...more,
    });
    const error = { code: "MODEL_OVERLOADED", message: "The model is busy.", retryable: true };
    const entries: Entry[] = [
      end(0, "r0", { outcome: "aborted" }),
      half(1, "r1", { partial: "aborted" }),
      end(2, "r1", { outcome: "aborted" }),
      half(3, "r2", { partial: "interrupted" }),
      end(4, "r2", { error }),
      { seq: 5, id: "u5", runId: "r3", role: "user", content: "And?", timestamp },
      end(5, "r3", { outcome: "budget" }),
      end(6, "r4", { error }),
      half(7, "r5", { retryOf: "r4" }),
      end(8, "r5", { outcome: "completed", retryOf: "r4" }),
    ];

    const sections = toMarkdown(entries, {
      user: "You",
      assistant: "It",
      partial: { aborted: "Arrêté ici." },
      outcomes: { budget: "Trop cher." },
    });
    expect(sections.split("\n\n")).toEqual([
      ...["## It", "Half", "> Arrêté ici."],
      ...["## It", "Half", "> Interrupted here."],
      "> The answer failed. The model is busy. (MODEL_OVERLOADED)",
      ...["## You", "And?", "> Trop cher."],
      ...["## It", "Half\n"],
    ]);
  });
});
