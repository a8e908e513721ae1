#!/usr/bin/env node
import process from "node:process";
import { endWithoutOutput } from "./cli/output.ts";
import { createProgram } from "./cli/program.ts";

process.stdout.on("error", endWithoutOutput);
try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  // Loaded when it is needed, so that `--help` stays cheap.
  (await import("./cli/exit.ts")).exitWith(error);
}
