import { describe, expect, test } from "vitest";
import { WrittenTexts } from "../src/store/search/written-texts.ts";
import type { Change } from "../src/writer/group.ts";

/** A change with a message under a number, after another number. */
function change(sid: number, seq: number, { text = "a text", after = seq - 1, title = "" } = {}): Change {
  const texts = { after, messages: [{ seq, text }], title: title || undefined };
  return { sid, entries: [{ seq, line: "{}" }], live: [], texts };
}

describe("the texts that wait for the index", () => {
  test("joins the changes of a session", () => {
    const written = new WrittenTexts();
    expect(written.add(change(7, 1, { title: "first" }))).toBe(true);
    expect(written.add(change(7, 2))).toBe(true);
    expect(written.take()).toMatchObject([
      [7, { after: 0, through: 2, messages: [{ seq: 1 }, { seq: 2 }], title: "first" }],
    ]);
    expect(written.isEmpty).toBe(true);
  });

  test("leaves a session to be read whose earlier change is not here", () => {
    const written = new WrittenTexts();
    written.add(change(7, 1));
    expect(written.add(change(7, 5))).toBe(false);
    expect(written.isEmpty).toBe(true);
  });

  test("leaves a session to be read whose change has no texts", () => {
    const written = new WrittenTexts();
    expect(written.add({ ...change(7, 1), texts: undefined })).toBe(false);
    expect(written.isEmpty).toBe(true);
  });

  test("keeps up to 4 million characters", () => {
    const written = new WrittenTexts();
    const text = "x".repeat(1_000_000);
    const added = [1, 2, 3, 4, 5].map((sid) => written.add(change(sid, 1, { text })));
    expect(added).toEqual([true, true, true, true, false]);
    expect(written.take().map(([sid]) => sid)).toEqual([1]);
    expect(written.add(change(5, 1, { text }))).toBe(true);
  });

  test("takes the sessions of one statement, by ascending number", () => {
    const written = new WrittenTexts();
    for (const sid of [9, 4, 6]) written.add(change(sid, 1, { text: "x".repeat(130_000) }));
    expect(written.isDue).toBe(true);
    expect(written.take().map(([sid]) => sid)).toEqual([4, 9]);
    expect(written.isDue).toBe(false);
    expect(written.take().map(([sid]) => sid)).toEqual([6]);
  });
});
