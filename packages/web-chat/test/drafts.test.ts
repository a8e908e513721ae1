import { expect, test } from "vitest";
import { createDrafts } from "../page/composer/drafts.ts";

function memory() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  };
}

test("gives each session its own draft, also after a reload", () => {
  const storage = memory();
  const drafts = createDrafts(storage);
  expect(drafts.open("one", "one")).toBe("");
  drafts.keep("to one");
  expect(drafts.open("two", "two")).toBe("");
  drafts.keep("to two");
  expect(drafts.open("one", "one")).toBe("to one");
  expect(drafts.open("one", "one")).toBeUndefined();

  const reloaded = createDrafts(storage);
  expect(reloaded.open("two", "two")).toBe("to two");
  reloaded.keep("");

  expect([...storage.kept.values()]).toEqual(["to one"]);
});

test("leaves what is being written alone while a new session gets its name and its address", () => {
  const storage = memory();
  const drafts = createDrafts(storage);
  expect(drafts.open(undefined, "")).toBe("");
  drafts.keep("hel");
  expect(drafts.open("one", "")).toBeUndefined();
  drafts.keep("hello");
  expect(drafts.open("one", "one")).toBeUndefined();

  expect(createDrafts(storage).open("one", "one")).toBe("hello");
  expect(createDrafts(storage).open("two", "")).toBe("");
});

test("forgets drafts at a reload where nothing can be kept", () => {
  const full = {
    ...memory(),
    setItem() {
      throw new DOMException("full", "QuotaExceededError");
    },
  };
  for (const storage of [undefined, full]) {
    const drafts = createDrafts(storage);
    drafts.open("one", "one");
    expect(() => drafts.keep("text")).not.toThrow();
  }
});
