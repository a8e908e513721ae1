#!/usr/bin/env node
import process from "node:process";
import { EXIT_STOPPED, run } from "./run.ts";

const { stdout, stderr, env } = process;
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());
stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader of the output has gone, as `head` does. It is no failure.
  if (error.code === "EPIPE") process.exit(0);
  stderr.write(`session-store: The output cannot be written: ${error.message}\n`, () => process.exit(1));
});
// Nobody reads the hints. The exit code is right all the same.
stderr.on("error", () => {});

run(
  process.argv.slice(2),
  {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isInteractive: stderr.isTTY === true,
    hasColor: stdout.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
  },
  interrupted.signal,
).then(
  (exitCode) => {
    // Otherwise the command would continue to work.
    if (exitCode === EXIT_STOPPED) process.exit(exitCode);
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 70; // EX_SOFTWARE of sysexits.h: a bug
  },
);
