import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defaultLimits } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { settings } from "../../examples/mini-openclaw/src/settings/settings.ts";
import { operate } from "./proxy.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));
const pages = ["README.md", "postgres.md"].map((name) => readFileSync(operate + name, "utf8")).join("\n");
const all = Object.values(settings);

test("the pages name settings that exist, with their defaults", () => {
  const known = all.map(({ env }) => env) as string[];
  const named = new Set([...pages.matchAll(/MINI_OPENCLAW_[A-Z_]+/g)].map(([name]) => name));

  expect([...named].filter((name) => !known.includes(name))).toEqual([]);
  for (const [, name, value] of pages.matchAll(/^\|[^|]+\| `(MINI_OPENCLAW_\w+)`, (\d+)(?: s)? \|/gm))
    expect(all.find(({ env }) => env === name)?.fallback).toBe(value);
});

test("the pages name commands that exist", () => {
  const { stdout } = spawnSync(process.execPath, [main, "--help"], { encoding: "utf8" });
  const named = new Set([...pages.matchAll(/`?mini-openclaw ([a-z]+)\b/g)].map(([, name = ""]) => name));
  const commands = [...named].filter(
    (name) => stdout.includes(`  ${name} `) || stdout.includes(`  ${name}\n`),
  );

  expect(commands).toEqual(expect.arrayContaining(["doctor", "link", "sessions", "config"]));
  expect([...named].filter((name) => !commands.includes(name))).toEqual([]);
});

test("the table of limits has the limits of the gateway", () => {
  const { maxQueuedMessages, maxFrameBytes, maxBlocks, maxBlockBytes } = defaultLimits;

  expect(pages).toContain(`| messages that wait in a session | ${maxQueuedMessages} |`);
  expect(pages).toContain(
    `${maxFrameBytes / 2 ** 20} MiB, ${maxBlocks} files, ${maxBlockBytes / 2 ** 20} MiB each`,
  );
});
