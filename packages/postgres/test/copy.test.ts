import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, onTestFinished, test } from "vitest";
import { copySessions, createPostgresStore } from "../src/index.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

const says = (content: string) => ({ role: "user", content, timestamp: 1 }) as const;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "copy-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function target() {
  return {
    url: `postgres://postgres@127.0.0.1:${postgres.server.port}/postgres`,
    schema: postgres.newSchema(),
  };
}

/** The transcripts of a folder by session, wherever they are. */
function transcriptsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true }).map(String);
  const transcripts = names.filter((name) => name.endsWith(".jsonl") && !name.startsWith("live"));
  const idOf = (name: string) => /([^/.]+)\.[^/]*$/.exec(name)?.[1] ?? name;
  return Object.fromEntries(
    transcripts.map((name) => [idOf(name), readFileSync(join(folder, name), "utf8")]),
  );
}

async function filledFolder(): Promise<string> {
  const folder = newFolder();
  const store = await openSessionStore(folder);
  const { sessionId } = await store.createSession("a", { owner: "alice" });
  await store.appendMessages(sessionId, [says("你好 \u2028 \u0000 \ud83d"), says("two")], {
    idempotencyKey: "k",
  });
  const log = await store.openLog(sessionId);
  const bytes = new Uint8Array(100_000);
  const blob = (await log.saveBlob?.(bytes)) ?? "";
  const image = { type: "image", mediaType: "image/png", blob, bytes: bytes.length } as const;
  await log.record([
    { type: "user_message", runId: "r", id: "u", content: "[image]", timestamp: 2, blocks: [image] },
    { type: "run_start", runId: "r", timestamp: 2 },
    { type: "chunk", runId: "r", messageId: "m", content: "cut off" },
  ]);
  await log.close();
  const archived = await store.createSession("b");
  await store.appendMessage(archived.sessionId, says("old"));
  await store.archiveSession(archived.sessionId);
  await store.forkSession(sessionId, { at: 2 });
  await store.close();
  return folder;
}

describe.skipIf(!hasPostgres)("a copy", () => {
  test("to the database and back has the same bytes in every transcript and blob", async () => {
    const [folder, back] = [await filledFolder(), newFolder()];
    const to = target();
    const there = await copySessions({ ...to, folder, direction: "to" });
    const again = await copySessions({ ...to, folder: back, direction: "from" });

    expect(there).toMatchObject({ skipped: [] });
    expect(there.copied).toHaveLength(3);
    expect(again.copied.sort()).toEqual(there.copied.sort());
    expect(transcriptsOf(back)).toEqual(transcriptsOf(folder));
    const [one, other] = [await openSessionStore(folder), await openSessionStore(back)];
    for (const archived of [false, true]) {
      expect(await other.listSessions({ archived })).toEqual(await one.listSessions({ archived }));
    }
    const [sessionId = ""] = (await one.listSessions({ key: "a" })).sessions.map(
      (session) => session.sessionId,
    );
    expect(readdirSync(join(back, "blobs")).sort()).toEqual(readdirSync(join(folder, "blobs")).sort());
    expect((await other.loadMessages(sessionId)).length).toBeGreaterThan(0);
    await one.close();
    await other.close();
  });

  test("can be repeated: a session that is there stays as it is", async () => {
    const folder = await filledFolder();
    const to = target();
    const { copied } = await copySessions({ ...to, folder, direction: "to" });
    const second = await copySessions({ ...to, folder, direction: "to" });
    expect(second).toEqual({ copied: [], unchanged: copied, skipped: [] });
  });

  test("skips a session with a damaged line, and names the remedy", async () => {
    const folder = await filledFolder();
    const [name = ""] = readdirSync(folder).filter((one) => one.endsWith(".jsonl"));
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    lines.splice(2, 0, "{ damaged");
    writeFileSync(join(folder, name), lines.join("\n"));
    const { skipped } = await copySessions({ ...target(), folder, direction: "to" });
    expect(skipped).toEqual([
      {
        sessionId: name.replace(".jsonl", ""),
        reason: expect.stringContaining("session-store repair") as string,
      },
    ]);
  });

  test("keeps lines that other programs wrote: separators of Unicode, and returns before line feeds", async () => {
    const folder = await filledFolder();
    const line = (seq: number, end: string) =>
      `{"seq":${seq},"id":"${seq}","role":"user","content":"a\u2028b\u2029c","timestamp":1}${end}\n`;
    const header = '{"type":"session","v":1,"sessionId":"foreign","key":"k","createdAt":1}\n';
    writeFileSync(join(folder, "foreign.jsonl"), header + line(1, "\r") + line(2, ""));
    const to = target();
    await copySessions({ ...to, folder, direction: "to" });
    const back = newFolder();
    await copySessions({ ...to, folder: back, direction: "from" });
    expect(transcriptsOf(back)["foreign"]).toBe(header + line(1, "") + line(2, ""));
  });

  test("skips what PostgreSQL cannot hold: bytes that are not UTF-8, and numbers that fall", async () => {
    const folder = newFolder();
    const write = (id: string, text: string) => {
      const header = `{"type":"session","v":1,"sessionId":"${id}","key":"k","createdAt":1}\n`;
      writeFileSync(join(folder, `${id}.jsonl`), Buffer.from(header + text, "latin1"));
    };
    const line = (seq: number, content: string) =>
      `{"seq":${seq},"id":"${seq}","role":"user","content":"${content}","timestamp":1}\n`;
    write("bytes", line(1, "\xe9"));
    write("order", line(2, "two") + line(1, "one"));
    const { skipped } = await copySessions({ ...target(), folder, direction: "to" });
    const reasons = Object.fromEntries(skipped.map(({ sessionId, reason }) => [sessionId, reason]));
    expect(reasons).toEqual({
      bytes: expect.stringContaining("Line 2 of session bytes: is not UTF-8") as string,
      order: "Line 3 of session order: has number 1 after 2. Correct the file, then copy again.",
    });
  });

  test("names a file of a newer format", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "newer.jsonl"), '{"type":"session","v":99,"sessionId":"newer"}\n');
    const { skipped } = await copySessions({ ...target(), folder, direction: "to" });
    expect(skipped).toEqual([
      { sessionId: "newer", reason: expect.stringContaining("format version 99") as string },
    ]);
  });

  test("replaces no file that is in the way", async () => {
    const folder = await filledFolder();
    const to = target();
    const { copied } = await copySessions({ ...to, folder, direction: "to" });
    const back = newFolder();
    writeFileSync(join(back, `${copied[0]}.jsonl`), "");
    const { skipped } = await copySessions({ ...to, folder: back, direction: "from" });
    expect(skipped).toEqual([
      { sessionId: copied[0], reason: expect.stringContaining("is in the way") as string },
    ]);
    expect(readFileSync(join(back, `${copied[0]}.jsonl`), "utf8")).toBe("");
  });

  test("ends when the database cannot be reached, and names the reason", async () => {
    const folder = await filledFolder();
    const url = "postgres://postgres@127.0.0.1:1/postgres";
    await expect(copySessions({ folder, url, direction: "to" })).rejects.toMatchObject({
      code: "READ_FAILED",
      message: expect.stringContaining("ECONNREFUSED") as string,
    });
  });

  test.each([
    undefined,
    5,
    "",
    "localhost/app",
    "http://127.0.0.1/app",
    "postgres://app:secret@127.0.0.1:99999/app",
  ])("refuses the address %s, and does not print it", async (url) => {
    const folder = newFolder();
    await expect(copySessions({ folder, url: url as string, direction: "to" })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message:
        "`url` must be a connection string, such as `postgres://app@127.0.0.1/app`, got another value.",
    });
  });

  test("skips a session that was deleted in the database, and names the remedy", async () => {
    const [folder, to] = [await filledFolder(), target()];
    const { copied } = await copySessions({ ...to, folder, direction: "to" });
    await postgres.server.run(`update ${to.schema}.sessions set deleted = 1`);
    const { skipped } = await copySessions({ ...to, folder, direction: "to" });
    expect(skipped.map(({ sessionId }) => sessionId).sort()).toEqual(copied.sort());
    expect(skipped[0]?.reason).toMatch(
      / was deleted in the database\. Undelete it there, then copy again\.$/,
    );
  });

  test("refuses a folder that does not exist", async () => {
    const copying = copySessions({ ...target(), folder: "/no/such/folder", direction: "to" });
    await expect(copying).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});

test.skipIf(!hasPostgres)(
  "the search index has what was copied, while no other node indexes it",
  async () => {
    const [folder, schema] = [await filledFolder(), postgres.newSchema()];
    const { port } = postgres.server;
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    const store = await createPostgresStore({ pool: postgres.server.pool(), schema });
    const { copied } = await copySessions({ folder, url, schema, direction: "to" });
    const behind = `select id from ${schema}.sessions where indexed < last_seq`;
    expect(await postgres.server.run(behind)).toEqual([]);
    const found = [];
    for await (const { session } of store.searchSessions("你好")) found.push(session.sessionId);
    expect(found).toHaveLength(2);
    expect(copied).toEqual(expect.arrayContaining(found));
    await store.close();
  },
);
