#!/usr/bin/env node
// `npm start`: installs and builds what is missing, then runs the example in this same process, so
// that a signal to npm reaches the server. The output of tools is printed only if one fails.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const pnpm = fileURLToPath(new URL("pnpm.mjs", import.meta.url));
const main = new URL("../examples/mini-openclaw/dist/main.js", import.meta.url);
if (!existsSync(main)) console.error("Installing and building. The first time takes about a minute.");
// `exec` installs first if packages are missing or old.
const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [pnpm, "exec", "turbo", "run", "build", "--output-logs=errors-only"],
  {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 100_000_000,
    env: {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: "1",
      TURBO_NO_UPDATE_NOTIFIER: "1",
      TURBO_PRINT_VERSION_DISABLED: "1",
    },
  },
);
if (status !== 0) {
  console.error(`${stdout}${stderr}\nMini OpenClaw could not be built.`);
  process.exit(status ?? 1);
}
// The workspace is the folder in which the user ran npm, not the clone.
process.chdir(process.env["INIT_CWD"] ?? process.cwd());
await import(main.href);
