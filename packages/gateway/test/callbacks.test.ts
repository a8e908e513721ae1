import { expect, test } from "vitest";
import { runProgram } from "./child/run-program.ts";

test("no callback of the app ends the process, whatever it throws or rejects with", async () => {
  const lines = await runProgram(new URL("./child/broken-callbacks.ts", import.meta.url));

  expect(lines.filter((line) => !line.endsWith(": lives"))).toEqual([]);
  expect(lines.length).toBeGreaterThan(150);
});
