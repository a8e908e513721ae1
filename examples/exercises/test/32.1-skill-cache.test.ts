import { expect, test } from "vitest";
import type * as solution from "../solutions/32.1-skill-cache.ts";
import { load } from "./load.ts";

const { createSkillCache } = await load<typeof solution>("32.1-skill-cache");

test("reads 500 skills once, and again only those that change", async () => {
  const paths = Array.from({ length: 500 }, (_, index) => `skill-${index}`);
  const times = new Map(paths.map((path) => [path, 1]));
  const reads: string[] = [];
  const skills = createSkillCache({
    mtime: async (path) => times.get(path) ?? Promise.reject(new Error("no such file")),
    read: async (path) => {
      reads.push(path);
      return `${path} at ${times.get(path)}`;
    },
  });

  expect(await skills(paths)).toHaveLength(500);
  expect(reads).toHaveLength(500);
  times.set("skill-7", 2);
  times.delete("skill-8");
  const texts = await skills(paths);

  expect(reads.slice(500)).toEqual(["skill-7"]);
  expect(texts).toHaveLength(499);
  expect(texts[7]).toBe("skill-7 at 2");
});
