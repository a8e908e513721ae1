import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type * as solution from "../solutions/32.3-daily-log.ts";
import { load } from "./load.ts";

const { appendToDailyLog } = await load<typeof solution>("32.3-daily-log");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "exercise-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("writes to the day of the user, not to that of the server", async () => {
  const now = new Date("2026-11-29T16:05:09Z");

  await appendToDailyLog(folder, "Talked about\nthe release.", { now, timeZone: "Asia/Shanghai" });
  await appendToDailyLog(folder, "Wrote a test.", { now, timeZone: "Asia/Shanghai" });
  await appendToDailyLog(folder, "Had lunch.", { now, timeZone: "UTC" });

  const logs = join(folder, "daily-logs");
  expect(readdirSync(logs).sort()).toEqual(["2026-11-29.md", "2026-11-30.md"]);
  expect(readFileSync(join(logs, "2026-11-30.md"), "utf8")).toBe(
    "- [00:05:09] Talked about the release.\n- [00:05:09] Wrote a test.\n",
  );
});
