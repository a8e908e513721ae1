import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createPostgresStore } from "@mini-openclaw/postgres";
import { openSessionStore } from "@mini-openclaw/session-store";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import {
  hasPostgres,
  type PostgresServer,
  startPostgres,
} from "../../packages/postgres/test/server/postgres-server.ts";
import { operate } from "./proxy.ts";

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));
const cli = join(packages, "session-store/dist/cli.js");
const guide = readFileSync(join(operate, "postgres.md"), "utf8");
const says = (content: string) => ({ role: "user", content, timestamp: 1 }) as const;

let server: PostgresServer;
let databases = 0;

beforeAll(async () => {
  if (hasPostgres) server = await startPostgres();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** An app that has installed the packages, and a database without tables. */
async function newApp() {
  const path = mkdtempSync(join(tmpdir(), "copy-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(join(path, "node_modules/@mini-openclaw"), { recursive: true });
  mkdirSync(join(path, "node_modules/.bin"));
  for (const name of ["session-store", "postgres"]) {
    symlinkSync(join(packages, name), join(path, "node_modules/@mini-openclaw", name));
  }
  symlinkSync(cli, join(path, "node_modules/.bin/session-store"));
  databases += 1;
  const database = `app${databases}`;
  await server.run(`create database ${database}`);
  return { path, url: `postgres://postgres@127.0.0.1:${server.port}/${database}`, database };
}

type App = Awaited<ReturnType<typeof newApp>>;

/** Runs the command of the guide that contains a text. */
function run({ path, url }: App, text: string) {
  const lines = [...guide.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, code = ""]) => code.split("\n"));
  const commands = lines.filter((line) => line.includes(text));
  expect(commands).toHaveLength(1);
  // The program that npx runs.
  const command = commands[0]?.replace("npx ", "node_modules/.bin/") ?? "";
  const env = { ...process.env, DATABASE_URL: url };
  const options = { cwd: path, env, encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], options);
  return { status, stdout, stderr };
}

const sessionsOf = ({ path }: App) => join(path, "data/sessions");

/** Fills the folder with sessions of every kind. Returns the number of them. */
async function fill(app: App): Promise<number> {
  const store = await openSessionStore(sessionsOf(app));
  const { sessionId } = await store.createSession("webchat:小明", { owner: "alice" });
  const odd = ["你好，世界", "NUL \u0000", "half \ud83d", "\u2028 \r\n", "x".repeat(1_500_000)];
  await store.appendMessages(sessionId, odd.map(says), { idempotencyKey: "k" });
  await store.renameSession(sessionId, "改名");
  const log = await store.openLog(sessionId);
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  const blob = (await log.saveBlob?.(bytes)) ?? "";
  const image = { type: "image", mediaType: "image/png", blob, bytes: bytes.length } as const;
  await log.record([
    { type: "user_message", runId: "r", id: "u", content: "[image]", timestamp: 2, blocks: [image] },
    { type: "run_start", runId: "r", timestamp: 2 },
  ]);
  // The run is open, as a crash leaves it.
  await log.close();
  const parent = { sessionId, runId: "r", callId: "call" };
  const child = await store.createSession("sub", { parent });
  await store.appendMessage(child.sessionId, says("the work of a sub-agent"));
  const archived = await store.createSession("old");
  await store.appendMessage(archived.sessionId, says("old"));
  await store.archiveSession(archived.sessionId);
  await store.forkSession(sessionId, { at: 3 });
  const newer = await store.createSession("newer");
  await store.appendMessage(newer.sessionId, says("read by a newer version too"));
  await store.close();
  const line = '{"seq":2,"type":"of_a_newer_version","text":"\u2028 and \u0085"}\n';
  appendFileSync(join(sessionsOf(app), `${newer.sessionId}.jsonl`), line);
  return 5;
}

/** Opens the store of a gateway on the database. */
async function openGateway(pool: ReturnType<PostgresServer["pool"]>) {
  const store = await createPostgresStore({ pool, name: "gateway 1" });
  return { openLog: store.openLog.bind(store), [Symbol.asyncDispose]: () => store.close() };
}

/** The archived transcripts by session. */
function archiveOf(folder: string): Record<string, string> {
  const names = readdirSync(join(folder, "archive")).filter((name) => name.endsWith(".jsonl"));
  return Object.fromEntries(
    names.map((name) => [name.split(".")[0], readFileSync(join(folder, "archive", name), "utf8")]),
  );
}

describe.skipIf(!hasPostgres)("the guide from files to PostgreSQL and back", () => {
  test("copies every session, and has the same bytes at the end", async () => {
    const app = await newApp();
    const count = await fill(app);
    expect(run(app, "verify")).toMatchObject({ status: 0 });
    const done = { status: 0, stdout: `Copied ${count} sessions. 0 were there already.\n`, stderr: "" };
    expect(run(app, "copy to")).toEqual(done);
    run(app, "mkdir");
    expect(run(app, "copy from")).toEqual(done);
    expect(run(app, "diff")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(archiveOf(join(app.path, "data/back"))).toEqual(archiveOf(sessionsOf(app)));
    expect(Object.keys(archiveOf(sessionsOf(app)))).toHaveLength(1);

    const again = `Copied 0 sessions. ${count} were there already.\n`;
    expect(run(app, "copy to")).toEqual({ status: 0, stdout: again, stderr: "" });
    expect(run(app, "copy from")).toEqual({ status: 0, stdout: again, stderr: "" });
  });

  test("names a damaged session and its remedy, and copies it after that", async () => {
    const app = await newApp();
    const count = await fill(app);
    const [name = ""] = readdirSync(sessionsOf(app)).filter((one) => one.endsWith(".jsonl"));
    const path = join(sessionsOf(app), name);
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, lines.toSpliced(2, 0, "{ damaged").join("\n"));
    const sessionId = name.replace(".jsonl", "");
    expect(run(app, "copy to")).toEqual({
      status: 1,
      stdout: `Copied ${count - 1} sessions. 0 were there already.\n`,
      stderr: `Skipped ${sessionId}: Line 3 of session ${sessionId}: not JSON. Run "session-store repair", then copy again.\n`,
    });
    const repair = spawnSync(process.execPath, [cli, "repair", sessionId, "--dir", sessionsOf(app)]);
    expect(repair.status).toBe(0);
    const stdout = `Copied 1 sessions. ${count - 1} were there already.\n`;
    expect(run(app, "copy to")).toEqual({ status: 0, stdout, stderr: "" });
  });

  test("copies the rest after it was killed in the middle of a session", async () => {
    const app = await newApp();
    const count = await fill(app);
    const client = await server.pool({ database: app.database }).connect();
    const args = [cli, "copy", "to", app.url, "--dir", sessionsOf(app)];
    // Tables, but nothing in them.
    mkdirSync(join(app.path, "empty"));
    spawnSync(process.execPath, [...args.slice(0, -1), join(app.path, "empty")], { cwd: app.path });
    await client.query("begin; lock mini_openclaw.entries in share mode");
    const child = spawn(process.execPath, args, { cwd: app.path });
    const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock'
      and query like 'insert into "mini_openclaw".entries%'`;
    await expect.poll(() => server.run(waiting)).toHaveLength(1);
    child.kill("SIGKILL");
    await once(child, "exit");
    await client.query("rollback");
    client.release();
    expect(run(app, "copy to")).toEqual({
      status: 0,
      stdout: `Copied ${count} sessions. 0 were there already.\n`,
      stderr: "",
    });
    run(app, "mkdir");
    run(app, "copy from");
    expect(run(app, "diff")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("skips a session that a server writes, in both directions", async () => {
    const app = await newApp();
    const count = await fill(app);
    const store = await openSessionStore(sessionsOf(app));
    const { sessions } = await store.listSessions({ key: "newer" });
    const sessionId = sessions[0]?.sessionId ?? "";
    const log = await store.openLog(sessionId);
    const stdout = `Copied ${count - 1} sessions. 0 were there already.\n`;
    const text = `Skipped ${sessionId}: The session is locked by process ${process.pid}. Retry when it has ended.\n`;
    expect(run(app, "copy to")).toEqual({ status: 1, stdout, stderr: text });
    await log.close();
    await store.close();
    expect(run(app, "copy to")).toMatchObject({ status: 0 });

    const pool = server.pool({ database: app.database });
    await using gateway = await openGateway(pool);
    const other = await gateway.openLog(sessionId);
    run(app, "mkdir");
    expect(run(app, "copy from")).toEqual({
      ...{ status: 1, stdout },
      stderr: expect.stringMatching(`^Skipped ${sessionId}: .* gateway 1.*\n$`) as string,
    });
    await other.close();
  });

  test("skips a session that was continued on the other side", async () => {
    const app = await newApp();
    await fill(app);
    run(app, "copy to");
    const store = await openSessionStore(sessionsOf(app));
    const { sessions } = await store.listSessions({ key: "newer" });
    const sessionId = sessions[0]?.sessionId ?? "";
    await store.appendMessage(sessionId, says("more"));
    await store.close();
    expect(run(app, "copy to")).toMatchObject({
      status: 1,
      stderr: `Skipped ${sessionId}: Session ${sessionId} is there already, with other entries. It stays as it is.\n`,
    });
  });
});
