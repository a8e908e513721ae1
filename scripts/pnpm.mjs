#!/usr/bin/env node
// `npm start` and `npm test` on a machine that has Node and npm, but no pnpm: runs the pnpm that
// package.json pins, which installs first if it must. Inside pnpm it only passes the command on.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const insidePnpm = /^pnpm\/12\./.test(process.env["npm_config_user_agent"] ?? "");
const args = process.argv.slice(2);
const [command, ...rest] = insidePnpm ? ["pnpm", ...args] : ["npx", "--yes", packageManager, ...args];
const { status, signal, error } = spawnSync(command, rest, {
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (error) throw error;
process.exit(signal ? 1 : (status ?? 1));
