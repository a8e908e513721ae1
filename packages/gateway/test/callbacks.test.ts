import { expect, test } from "vitest";
import { runProgram } from "./child/run-program.ts";

test("no callback of the app ends the process, whatever it throws or rejects with", async () => {
  const lines = await runProgram(new URL("./child/broken-callbacks.ts", import.meta.url));
  const begun = lines.filter((line) => line.endsWith(": begins"));
  const stuck = begun.filter((line) => !lines.includes(line.replace(": begins", ": lives")));

  expect(stuck).toEqual([]);
  expect(lines.at(-1)).toBe("done");
  expect(begun.length).toBeGreaterThan(150);
});
