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

const checks: readonly Check[] = [
  checkConfigFile,
  checkWorkspace,
  checkDataDir,
  checkDisk,
  checkReach,
  checkPort,
  checkProxy,
  checkModel,
  checkSandbox,
  checkSessions,
  checkSkills,
  checkMemory,
  checkSchedules,
  checkMcp,
];

/** Runs all checks. The settings come first, because the others need them. */
export async function examine(flags: Sources["flags"]): Promise<Finding[]> {
  const sources = readSources(flags);
  try {
    const config = resolveConfig(sources);
    const settings: Finding[] = [
      { check: "settings", level: "good", message: `${sources.configFile} and the environment` },
      ...config.warnings.map((message): Finding => ({ check: "settings", level: "warning", message })),
    ];
    const found = await Promise.all(checks.map(async (check) => check(config)));
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
