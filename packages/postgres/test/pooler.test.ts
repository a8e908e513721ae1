import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../../scripts/free-port.mjs";
import { createPostgresStore } from "../src/index.ts";
import { hasPostgres, type PostgresServer, serverUser, startPostgres } from "./server/postgres-server.ts";

const PGBOUNCER = "/usr/sbin/pgbouncer";

let server: PostgresServer;

beforeAll(async () => {
  if (hasPostgres) server = await startPostgres();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** Starts a pooler in transaction mode with two connections to the server. */
async function startPooler() {
  const folder = mkdtempSync(join(tmpdir(), "pooler-"));
  const port = await freePort();
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(
    config,
    `[databases]
postgres = host=127.0.0.1 port=${server.port} user=postgres dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`,
  );
  const user = serverUser();
  if (user) chownSync(folder, user.uid, user.gid);
  if (user) chownSync(config, user.uid, user.gid);
  const child = spawn(PGBOUNCER, [config], { ...user, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (bytes: Buffer) => {
      log += bytes.toString();
      if (log.includes("process up")) resolve();
    });
    child.once("exit", () => reject(new Error(log)));
  });
  return {
    port,
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const says = (content: string) => ({ role: "user", content, timestamp: 1 }) as const;

describe.skipIf(!hasPostgres || !existsSync(PGBOUNCER))("behind pgbouncer in transaction mode", () => {
  test.each([
    ["with a pool that reaches the server itself", true],
    ["without one", false],
  ])("%s, a store writes, reads and fences", async (_title, hasDirect) => {
    await using pooler = await startPooler();
    const schema = `pooler_${hasDirect}`;
    const open = (name: string) =>
      createPostgresStore({
        pool: server.pool({ port: pooler.port }),
        ...(hasDirect && { directPool: server.pool() }),
        ...{ schema, name, leaseMs: 1_500 },
      });
    const [one, other] = [await open("one"), await open("other")];
    const { sessionId } = await one.createSession("k");
    const contents = Array.from({ length: 50 }, (_, index) => `message ${index}`);
    await Promise.all(contents.map((content) => one.appendMessage(sessionId, says(content))));
    const log = await one.openLog(sessionId);
    await expect(other.openLog(sessionId)).rejects.toMatchObject({ code: "SESSION_LOCKED" });
    const [row] = await server.run(`select bool_and(has_lock) as has_lock from ${schema}.nodes`);
    expect(row?.["has_lock"]).toBe(hasDirect);
    await server.run(`delete from ${schema}.nodes where name = 'one'`);
    await expect(one.appendMessage(sessionId, says("fenced"))).rejects.toMatchObject({
      code: "SESSION_STOLEN",
    });
    await other.appendMessage(sessionId, says("taken over"));
    const loaded = await other.loadMessages(sessionId, { limit: 100 });
    expect(loaded.map(({ content }) => content)).toEqual([...contents, "taken over"]);
    await log.close();
    await one.close();
    await other.close();
  });
});
