import { expect, test } from "vitest";
import { openSessionStore } from "../src/index.ts";

test.each([
  [
    ["./data", { durabilty: "disk" }],
    "`durabilty` is no option of `openSessionStore`. Its options are durability, lockWaitMs, onFailure.",
  ],
  [[42], "`folder` must be a string that is not empty, got 42."],
  [[""], '`folder` must be a string that is not empty, got "".'],
])("openSessionStore(...%o) is refused by name", async (given, message) => {
  const open = openSessionStore as (...options: unknown[]) => Promise<unknown>;

  await expect(open(...given)).rejects.toMatchObject({ code: "INVALID_OPTION", message });
});
