#!/usr/bin/env node
// `npm run dev`: runs the example from the sources: builds on every change, and starts again when a
// build is done.
import { spawn, spawnSync } from "node:child_process";
import process from "node:process";

const build = spawnSync("pnpm", ["exec", "turbo", "run", "build", "--output-logs=errors-only"], {
  stdio: "inherit",
});
if (build.status !== 0) process.exit(build.status ?? 1);

const children = [
  spawn("pnpm", ["exec", "turbo", "watch", "build", "--output-logs=errors-only"], { stdio: "inherit" }),
  spawn(process.execPath, ["--watch", "examples/mini-openclaw/dist/main.js"], { stdio: "inherit" }),
];
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });
}
for (const child of children) child.on("exit", (code) => process.exit(code ?? 0));
