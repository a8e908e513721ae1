import { spawn } from "node:child_process";
import process from "node:process";
import { StoreError } from "@mini-openclaw/session-store";
import { compileEarly } from "../../compile-early.ts";
import { readAddress } from "../../data-dir.ts";
import { resolveConfig } from "../../settings/config.ts";
import { readSources, type Sources } from "../../settings/sources.ts";
import { startServer } from "../../start-server.ts";
import { askFirst } from "../ask-first.ts";
import { exitWith, onStopSignal } from "../exit.ts";
import { loadConfig } from "../load.ts";
import type { Options } from "../options.ts";
import { runWithoutOutput } from "../output.ts";

/** Starts the server, and stops it on a signal. */
export async function start(flags: Sources["flags"], { open }: Options): Promise<void> {
  await askFirst(flags);
  runWithoutOutput();
  const config = loadConfig(flags);
  try {
    const { address, stop } = await startServer(config, {
      reload: () => resolveConfig(readSources(flags)),
    });
    compileEarly();
    stopOnSignals(stop);
    if (open === true) openBrowser(address);
  } catch (error) {
    const address = StoreError.is(error) && error.code === "FOLDER_LOCKED" && readAddress(config.dataDir);
    if (!address) exitWith(error, "Mini OpenClaw cannot start");
    console.error(`Mini OpenClaw already runs with this data directory: open ${address}`);
    process.exit(1);
  }
}

/** Lets runs end before the process does. */
function stopOnSignals(stop: () => Promise<void>): void {
  onStopSignal((signal) => {
    console.log(`${signal}: waiting for active runs. Press Ctrl+C again to stop at once.`);
    stop().then(() => process.exit(0), exitWith);
  });
}

/** Opens the page with the program that the system has for it. A failure is only reported. */
function openBrowser(address: string): void {
  const commands: Partial<Record<NodeJS.Platform, string[]>> = {
    darwin: ["open"],
    win32: ["cmd", "/c", "start", ""],
  };
  const [command = "xdg-open", ...args] = commands[process.platform] ?? [];
  spawn(command, [...args, address], { stdio: "ignore", detached: true })
    .on("error", () => console.error(`No browser could be opened. Open ${address} yourself.`))
    .unref();
}
