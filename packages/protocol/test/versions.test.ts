import { describe, expect, test } from "vitest";
import { currentEntries, type MessageEntry, versionsOf } from "../src/index.ts";

/** Entries from texts such as `a`, an answer `A`, and `b=a`, which replaces `a`. */
function entries(...texts: string[]): MessageEntry[] {
  return texts.map((text, index) => {
    const [id = "", editOf] = text.split("=");
    const fields = { seq: index + 1, id, runId: `run ${id.toLowerCase()}`, content: id, timestamp: 1 };
    if (id !== id.toLowerCase()) return { role: "assistant", ...fields };
    return { role: "user", ...fields, ...(editOf !== undefined && { editOf }) };
  });
}

const idsOf = (some: readonly object[]) => some.map((entry) => (entry as MessageEntry).id);

const conversations: [string, string[], string[]][] = [
  ["no edit", ["a", "A", "b", "B"], ["a", "A", "b", "B"]],
  ["an edit of the last message", ["a", "A", "b", "B", "c=b", "C"], ["a", "A", "c", "C"]],
  ["an edit of the first message", ["a", "A", "b", "B", "c=a", "C"], ["c", "C"]],
  ["an edit of an edit", ["a", "A", "b=a", "B", "c=b", "C"], ["c", "C"]],
  ["an edit before an edit", ["a", "A", "b", "B", "c=b", "C", "d=a", "D"], ["d", "D"]],
  ["an edit within a version", ["a", "A", "b=a", "c", "C", "d=c", "D"], ["b", "d", "D"]],
  ["an edit of a message that is not there", ["a", "A", "b=x", "B"], ["b", "B"]],
];

describe("the entries of a conversation", () => {
  test.each(conversations)("after %s", (_what, texts, expected) => {
    expect(idsOf(currentEntries(entries(...texts)).entries)).toEqual(expected);
  });

  test.each(conversations)(
    "are the same, read in pages of every size, after %s",
    (_what, texts, expected) => {
      const all = entries(...texts);
      for (let size = 1; size <= all.length; size += 1) {
        let current: MessageEntry[] = [];
        let replacedTo: string | undefined;
        for (let end = all.length; end > 0; end -= size) {
          const page = currentEntries(all.slice(Math.max(0, end - size), end), replacedTo);
          current = [...page.entries, ...current];
          replacedTo = page.replacedTo;
        }
        expect(idsOf(current)).toEqual(expected);
      }
    },
  );
});

describe("the versions of a message", () => {
  const versions = (id: string, ...texts: string[]) =>
    versionsOf(entries(...texts), id).map((version) => [version.id, idsOf(version.entries)]);

  test("have the entries that answered each of them", () => {
    const texts = ["a", "A", "b", "B", "c=b", "C", "d", "D", "e=b", "E"];

    const expected = [
      ["b", ["b", "B"]],
      ["c", ["c", "C", "d", "D"]],
      ["e", ["e", "E"]],
    ];
    for (const id of ["b", "c", "e"]) expect(versions(id, ...texts)).toEqual(expected);
  });

  test("end where an earlier message was edited", () => {
    expect(versions("b", "a", "A", "b", "B", "c=b", "C", "d=a", "D")).toEqual([
      ["b", ["b", "B"]],
      ["c", ["c", "C"]],
    ]);
  });

  test("have edits within them applied", () => {
    expect(versions("a", "a", "b", "B", "c=b", "C")).toEqual([["a", ["a", "c", "C"]]]);
  });

  test("are one for a message without an edit, and none for an unknown id", () => {
    expect(versions("a", "a", "A")).toEqual([["a", ["a", "A"]]]);
    expect(versions("x", "a", "A")).toEqual([]);
  });

  test("begin with the first one that was loaded", () => {
    expect(versions("c", "b=a", "B", "c=b", "C")).toEqual([
      ["b", ["b", "B"]],
      ["c", ["c", "C"]],
    ]);
  });
});
