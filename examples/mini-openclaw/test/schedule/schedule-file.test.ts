import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { addSchedule, readSchedules, removeSchedule } from "../../src/schedule/schedule-file.ts";

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "schedule-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "config", "schedules.json");
}

const news = {
  name: "news",
  dataDir: "/data",
  cron: "0 9 * * 1-5",
  instruction: "Read the news",
  catchUp: "once",
  addedAt: "2026-11-29T08:00:00.000Z",
} as const;

test("reads back the schedules of one data directory", () => {
  const file = newFile();
  addSchedule(file, news);
  addSchedule(file, { ...news, name: "早报", timeZone: "Asia/Shanghai", catchUp: "never" });
  addSchedule(file, { ...news, dataDir: "/other" });

  expect(readSchedules(file, "/data")).toEqual([
    {
      name: "news",
      when: { cron: "0 9 * * 1-5", timeZone: undefined },
      instruction: "Read the news",
      catchesUp: true,
      addedAt: Date.parse(news.addedAt),
    },
    expect.objectContaining({
      name: "早报",
      when: { cron: "0 9 * * 1-5", timeZone: "Asia/Shanghai" },
      catchesUp: false,
    }),
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("has no schedules without a file", () => {
  expect(readSchedules(newFile(), "/data")).toEqual([]);
});

test("removes a schedule of its data directory only", () => {
  const file = newFile();
  addSchedule(file, news);
  addSchedule(file, { ...news, dataDir: "/other" });

  expect(removeSchedule(file, "news", "/data")).toBe(true);
  expect(removeSchedule(file, "news", "/data")).toBe(false);
  expect(readSchedules(file, "/data")).toEqual([]);
  expect(readSchedules(file, "/other")).toHaveLength(1);
});

test.each([
  [
    { name: "two words" },
    '`name` must be 1 to 40 letters, digits, `-` or `_`, such as morning-news, got "two words".',
  ],
  [
    { cron: "* * * * * *" },
    '`cron` must be a cron expression of five fields, such as "0 9 * * 1-5", got "* * * * * *"',
  ],
  [
    { cron: "61 9 * * *" },
    '`cron` must be a cron expression of five fields, such as "0 9 * * 1-5", got "61 9 * * *"',
  ],
  [{ cron: "0 0 30 2 *" }, '`cron` must name a time that comes, got "0 0 30 2 *".'],
  [{ instruction: " " }, "`instruction` must be a message to the agent, got none."],
])("refuses to add %j", (wrong, message) => {
  const file = newFile();

  expect(() => addSchedule(file, { ...news, ...wrong })).toThrow(message);
  expect(readSchedules(file, "/data")).toEqual([]);
});

test("refuses a second schedule of a name, and keeps the first one", () => {
  const file = newFile();
  addSchedule(file, news);

  expect(() => addSchedule(file, { ...news, cron: "* * * * *" })).toThrow(
    "`name` must be new, and there is a schedule news. Remove it first: mini-openclaw schedule rm news.",
  );
  expect(readSchedules(file, "/data")).toMatchObject([{ when: { cron: "0 9 * * 1-5" } }]);
});

test.each([
  ["{", "cannot be read as JSON"],
  ["[]", "`schedules in "],
  ['{"schedules":[{"name":"x y"}]}', "`schedules.0.name in "],
  [JSON.stringify({ schedules: [{ ...news, cron: "x" }] }), "must be a cron expression"],
  [JSON.stringify({ schedules: [{ ...news, timeZone: "Mars/Base" }] }), "must be a time zone"],
  [JSON.stringify({ schedules: [{ ...news, corn: "x" }] }), "`schedules.0.corn in "],
])("names the fault of the file %j, and changes nothing", (content, fault) => {
  const file = newFile();
  addSchedule(file, news);
  writeFileSync(file, content);

  expect(() => readSchedules(file, "/data")).toThrow(fault);
  expect(() => addSchedule(file, { ...news, name: "other" })).toThrow(fault);
  expect(readFileSync(file, "utf8")).toBe(content);
});
