#!/usr/bin/env node
import process from "node:process";
import { StoreError } from "@mini-openclaw/session-store";
import { readAddress } from "./data-dir.ts";
import { describeFailure } from "./report.ts";
import { ConfigError, loadConfig } from "./settings/config.ts";
import { helpText } from "./settings/settings.ts";
import { startServer } from "./start-server.ts";

// EX_CONFIG of sysexits.h: a supervisor should not try again.
const EXIT_BAD_CONFIG = 78;

/** The first signal lets runs end. The second one exits at once. */
function stopOnSignals(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1);
      isStopping = true;
      console.log(`${signal}: waiting for active runs. Press Ctrl+C again to stop at once.`);
      stop().then(() => process.exit(0), fail);
    });
  }
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    console.error(`Mini OpenClaw cannot start with these settings:\n${error.message}`);
    process.exit(EXIT_BAD_CONFIG);
  }
  const described = describeFailure(error);
  if (typeof described === "string") console.error(`Mini OpenClaw cannot start: ${described}`);
  else console.error(described);
  process.exit(1);
}

function checkArguments([argument]: readonly string[]): void {
  if (argument === undefined) return;
  if (argument === "--help" || argument === "-h") {
    console.log(helpText());
    process.exit(0);
  }
  console.error(`\`${argument}\` is not an option. Settings are environment variables, which --help lists.`);
  process.exit(EXIT_BAD_CONFIG);
}

checkArguments(process.argv.slice(2));
try {
  const config = loadConfig();
  try {
    stopOnSignals(await startServer(config));
  } catch (error) {
    const address = StoreError.is(error) && error.code === "FOLDER_LOCKED" && readAddress(config.dataDir);
    if (!address) throw error;
    console.error(`Mini OpenClaw already runs with this data directory: open ${address}`);
    process.exit(1);
  }
} catch (error) {
  fail(error);
}
