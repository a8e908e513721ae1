#!/usr/bin/env node
import process from "node:process";
import { run } from "./run.ts";

const { stdout, stderr, env } = process;
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());
// The reader of the output has gone, as `head` does. It is no failure.
stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

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
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 70; // EX_SOFTWARE of sysexits.h: a bug
  },
);
