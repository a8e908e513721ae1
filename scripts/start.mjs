#!/usr/bin/env node
// `npm start`: installs and builds what is missing, then runs the example in this same process, so
// that a signal to npm reaches the server.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const pnpm = fileURLToPath(new URL("pnpm.mjs", import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [pnpm, "exec", "turbo", "run", "build", "--output-logs=errors-only"],
  {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: ["ignore", 2, 2],
    env: {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: "1",
      TURBO_NO_UPDATE_NOTIFIER: "1",
      TURBO_PRINT_VERSION_DISABLED: "1",
    },
  },
);
if (status !== 0) process.exit(status ?? 1);
// The workspace is the folder in which the user ran npm, not the clone.
process.chdir(process.env["INIT_CWD"] ?? process.cwd());
await import(new URL("../examples/mini-openclaw/dist/main.js", import.meta.url).href);
