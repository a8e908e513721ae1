import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
import { hasPostgres, serverUser } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

/** Mounts a file system of 32 MiB. Returns `undefined` where this process may not. */
function mountSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return undefined;
  const folder = mkdtempSync(join(tmpdir(), "disk-"));
  try {
    execFileSync("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=32m", "tmpfs", folder], { stdio: "pipe" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

test.skipIf(!hasPostgres)("a full disk refuses messages, and loses none of the others", async (context) => {
  const folder = mountSmallDisk();
  if (folder === undefined) return context.skip("This process may not mount a file system.");
  onTestFinished(async () => {
    await postgres.server.stop();
    execFileSync("/usr/bin/umount", [folder]);
    rmSync(folder, { recursive: true });
  });
  const tables = join(folder, "tables");
  mkdirSync(tables);
  const user = serverUser();
  if (user) chownSync(tables, user.uid, user.gid);
  await postgres.server.run(`create tablespace small location '${tables}'`);
  const store = await createPostgresStore({
    pool: postgres.server.pool({ options: "-c default_tablespace=small" }),
    schema: postgres.newSchema(),
  });
  const { sessionId } = await store.createSession("k");
  const acknowledged: string[] = [];
  const append = async () => {
    // Text that the database cannot compress.
    const content = randomBytes(75_000).toString("base64");
    await store.appendMessage(sessionId, { role: "user", content, timestamp: 1 });
    acknowledged.push(content);
  };
  await append();

  const filler = join(folder, "filler");
  const fill = () => {
    for (;;) writeFileSync(filler, Buffer.alloc(65_536), { flag: "a" });
  };
  expect(fill).toThrow("ENOSPC");
  const fillDatabase = async () => {
    for (;;) await append();
  };
  await expect(fillDatabase()).rejects.toMatchObject({
    code: "WRITE_FAILED",
    message: expect.stringContaining("No space left on device") as string,
  });
  rmSync(filler);
  await append();

  const loaded = await store.loadMessages(sessionId, { limit: 1_000 });
  expect(loaded.map(({ content }) => content)).toEqual(acknowledged);
  await store.close();
});
