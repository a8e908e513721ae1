import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { createMemoryStore, openSessionStore } from "../src/index.ts";
import { describeSessionStore } from "../src/testing.ts";

const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "session-store-"));
  folders.push(folder);
  return folder;
}

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

describeSessionStore("memory", createMemoryStore, { describe, test });
describeSessionStore("jsonl, os", async () => openSessionStore(await newFolder()), { describe, test });
describeSessionStore("jsonl, disk", async () => openSessionStore(await newFolder(), { durability: "disk" }), {
  describe,
  test,
});
