import { expect, test } from "vitest";
import type * as solution from "../solutions/30.1-queue.ts";
import { load } from "./load.ts";

const { createQueue } = await load<typeof solution>("30.1-queue");

/** A task that notes when it begins and ends, and waits a turn of the event loop in between. */
function noting(notes: string[], name: string) {
  return async () => {
    notes.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    notes.push(`${name} ends`);
    return name;
  };
}

test("runs the messages of one session one after the other", async () => {
  const run = createQueue();
  const notes: string[] = [];

  const results = await Promise.all(["one", "two"].map((name) => run("s", noting(notes, name))));

  expect(results).toEqual(["one", "two"]);
  expect(notes).toEqual(["one begins", "one ends", "two begins", "two ends"]);
});

test("lets other sessions run meanwhile", async () => {
  const run = createQueue();
  const notes: string[] = [];

  await Promise.all([run("a", noting(notes, "a")), run("b", noting(notes, "b"))]);

  expect(notes.slice(0, 2)).toEqual(["a begins", "b begins"]);
});

test("runs the next task after one that failed", async () => {
  const run = createQueue();
  const notes: string[] = [];
  const failed = run("s", async () => {
    await noting(notes, "one")();
    throw new Error("no");
  });
  const next = run("s", noting(notes, "two"));

  await expect(failed).rejects.toThrow("no");
  expect(await next).toBe("two");
  expect(notes.indexOf("two begins")).toBeGreaterThan(notes.indexOf("one ends"));
});
