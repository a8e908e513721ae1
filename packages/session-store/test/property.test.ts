import { expect, test } from "vitest";
import { openSessionStore } from "../src/index.ts";
import { compareWithMemory } from "./same-as-memory.ts";
import { temporaryFolder } from "./temporary-folder.ts";

// The same 60 orders each time, so that no change fails for what it did not touch; others for
// people.
const runs = process.env["PROPERTY_RUNS"];

test("does the same as the memory store in any order of commands", async () => {
  const newStore = async () => {
    const folder = await temporaryFolder();
    return {
      open: () => openSessionStore(folder.path),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  };
  await expect(
    compareWithMemory(newStore, runs === undefined ? { numRuns: 60, seed: 1 } : { numRuns: Number(runs) }),
  ).resolves.toBeUndefined();
}, 600_000);
