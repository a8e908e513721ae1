#!/usr/bin/env node
// Packs the app, installs it with npm in an empty folder, and tries it with other runtimes: Node
// 22, 24 and 26, Bun and Deno, each from npm. Prints a line for each. By hand, because it downloads
// 600 MB: `npm run build && node scripts/try-runtimes.mjs [NAME…]`.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** @type {Record<string, { package: string, command: string[] }>} */
const runtimes = {
  node22: { package: "node@22", command: ["node_modules/node/bin/node"] },
  node24: { package: "node@24", command: ["node_modules/node/bin/node"] },
  node26: { package: "node@26", command: ["node_modules/node/bin/node"] },
  bun: { package: "bun@1.4", command: ["node_modules/bun/bin/bun.exe"] },
  deno: { package: "deno@2", command: ["node_modules/.bin/deno", "run", "--allow-all"] },
};

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(runtimes);
const folder = mkdtempSync(join(tmpdir(), "runtimes-"));
let failed = 0;
try {
  run("npm", ["pack", "--pack-destination", folder], "examples/mini-openclaw");
  const app = project("app", [`${folder}/mini-openclaw-${versionOf()}.tgz`]);
  const main = join(app, "node_modules/mini-openclaw/dist/main.js");
  for (const name of chosen) {
    try {
      console.log(`${name}: ${await tryRuntime(name, main)}`);
    } catch (error) {
      failed += 1;
      console.log(`${name}: FAILED: ${String(error).slice(0, 2000)}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);

/** @param {string} name @param {string} main */
async function tryRuntime(name, main) {
  const runtime = runtimes[name];
  if (!runtime) throw new Error(`\`${name}\` must be one of ${Object.keys(runtimes).join(", ")}.`);
  // The packages of runtimes fetch their program in a script.
  const home = project(name, [runtime.package]);
  const [program = "", ...args] = runtime.command;
  const command = [join(home, program), ...args];
  const version = run(command[0] ?? "", ["--version"], home).split("\n")[0];
  const answer = run(command[0] ?? "", [...command.slice(1), main, "run", "list the files", "--json"], home);
  const { outcome } = JSON.parse(answer);
  if (outcome !== "completed") throw new Error(`The run ended as ${outcome}.`);
  const status = await statusOfServer(command, main, home);
  return `${version}, run ${outcome}, GET /healthz and the page ${status}`;
}

/** @param {string[]} command @param {string} main @param {string} home */
async function statusOfServer([program = "", ...args], main, home) {
  const server = spawn(program, [...args, main, "start"], {
    cwd: home,
    env: environment(home),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(server, "exit");
  let text = "";
  server.stderr.on("data", (piece) => {
    text += piece;
  });
  try {
    for await (const piece of server.stdout.iterator({ destroyOnReturn: false })) {
      text += String(piece);
      if (/^Open \S+\n/m.test(text)) break;
    }
    const url = /^Open (\S+)$/m.exec(text)?.[1];
    if (url === undefined) throw new Error(`The server did not start: ${text}`);
    const answers = await Promise.all(["healthz", ""].map((path) => fetch(new URL(path, url))));
    return answers.map(({ status }) => status).join(" and ");
  } finally {
    server.kill("SIGTERM");
    await exited;
  }
}

/** @param {string} name @param {string[]} packages */
function project(name, packages) {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "package.json"), '{"private":true}');
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...packages], path);
  return path;
}

function versionOf() {
  return JSON.parse(run("npm", ["pkg", "get", "version"], "examples/mini-openclaw"));
}

/** @param {string} home */
function environment(home) {
  return { PATH: process.env["PATH"] ?? "", HOME: home, MINI_OPENCLAW_PORT: "0" };
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const env = command === "npm" ? process.env : environment(cwd);

  return execFileSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env,
    timeout: 240_000,
  });
}
