import process from "node:process";
import { ConfigError, type MiniOpenClawConfig, resolveConfig } from "../settings/config.ts";
import { readSources, type Sources } from "../settings/sources.ts";
import { checkConfigFile, checkDataDir, checkDisk, checkWorkspace } from "./check-files.ts";
import { checkModel } from "./check-model.ts";
import { checkPort, checkProxy, checkReach } from "./check-network.ts";
import {
  checkMcp,
  checkMemory,
  checkSandbox,
  checkSchedules,
  checkSessions,
  checkSkills,
} from "./check-parts.ts";
import type { Finding } from "./finding.ts";

type Check = (config: MiniOpenClawConfig) => Promise<Finding[]> | Finding[];

const checks: Readonly<Record<string, Check>> = {
  "config file": checkConfigFile,
  workspace: checkWorkspace,
  "data directory": checkDataDir,
  disk: checkDisk,
  reach: checkReach,
  port: checkPort,
  proxy: checkProxy,
  model: checkModel,
  sandbox: checkSandbox,
  sessions: checkSessions,
  skills: checkSkills,
  memory: checkMemory,
  schedules: checkSchedules,
  mcp: checkMcp,
};

/** Runs a check. Its failure is a finding too, because the others still count. */
async function run(name: string, check: Check, config: MiniOpenClawConfig): Promise<Finding[]> {
  try {
    return await check(config);
  } catch (error) {
    const remedy = "Correct what it names, then run doctor again.";
    return [{ check: name, level: "problem", message: (error as Error).message, remedy }];
  }
}

/** Runs all checks. The settings come first, because the others need them. */
export async function examine(flags: Sources["flags"]): Promise<Finding[]> {
  const sources = readSources(flags);
  try {
    const config = resolveConfig(sources);
    const settings: Finding[] = [
      { check: "settings", level: "good", message: `${sources.configFile} and the environment` },
      ...config.warnings.map((message): Finding => ({ check: "settings", level: "warning", message })),
    ];
    const found = await Promise.all(Object.entries(checks).map(([name, check]) => run(name, check, config)));
    return [checkNode(), ...settings, ...found.flat()];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ name, message }) => ({
      check: "settings",
      level: "problem",
      message: `\`${name}\` ${message}`,
      remedy: "Correct it, then run doctor again. mini-openclaw --help lists all settings.",
    }));
  }
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isOld = major < 20 || (major === 20 && minor < 19);
  if (!isOld) return { check: "node", level: "good", message: process.version };
  return {
    check: "node",
    level: "problem",
    message: `${process.version} is too old.`,
    remedy: "Install Node 20.19 or later.",
  };
}
