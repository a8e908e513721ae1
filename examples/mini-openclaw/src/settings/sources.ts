import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parseEnv } from "node:util";
import { toPath } from "./kinds.ts";
import type { SettingKey } from "./settings.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Where settings come from, besides their defaults. Later ones win. */
export interface Sources {
  /** The user's `config.json`. */
  configFile: string;
  /** Its settings, by key. Not checked. */
  config: Readonly<Record<string, unknown>>;
  /** `.env` beside `config.json`, and `.env` of the directory in which the program was started. */
  userEnv: { file: string; values: Env };
  localEnv: { file: string; values: Env };
  env: Env;
  /** By key. */
  flags: Readonly<Partial<Record<SettingKey, string>>>;
  /** The directory to which paths of flags and variables are relative. */
  cwd: string;
  bad: readonly BadSource[];
}

/** A file with settings that cannot be read. */
export interface BadSource {
  file: string;
  message: string;
}

/**
 * Returns the user's configuration file: `MINI_OPENCLAW_CONFIG`, else `mini-openclaw/config.json`
 * in the folder that the XDG Base Directory Specification 0.8 names.
 */
export function configFileOf(env: Env, cwd: string): string {
  const named = env["MINI_OPENCLAW_CONFIG"]?.trim();
  if (named) return toPath(named, cwd);
  const home = env["HOME"] || homedir();
  return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "mini-openclaw", "config.json");
}

/** Reads the files with settings. A missing file counts as empty. */
export function readSources(
  flags: Sources["flags"] = {},
  env: Env = process.env,
  cwd: string = process.cwd(),
): Sources {
  const bad: BadSource[] = [];
  const configFile = configFileOf(env, cwd);
  const userEnv = join(dirname(configFile), ".env");
  const localEnv = join(cwd, ".env");
  return {
    configFile,
    config: readConfigFile(configFile, bad),
    userEnv: { file: userEnv, values: readEnvFile(userEnv, bad) },
    localEnv: { file: localEnv, values: readEnvFile(localEnv, bad) },
    env,
    flags,
    cwd,
    bad,
  };
}

/** Returns the settings of a `config.json`, without `$schema`. */
function readConfigFile(file: string, bad: BadSource[]): Record<string, unknown> {
  const content = readText(file, bad);
  if (content === undefined) return {};
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const { $schema: _, ...config } = value as Record<string, unknown>;
      return config;
    }
    const message = 'cannot be read as JSON: it must hold one object, such as { "port": 3210 }.';
    bad.push({ file, message });
    return {};
  } catch (error) {
    bad.push({ file, message: `cannot be read as JSON: ${(error as Error).message}.` });
    return {};
  }
}

/** Returns the variables of a `.env`. Most of them may belong to other programs. */
function readEnvFile(file: string, bad: BadSource[]): Env {
  const content = readText(file, bad);
  if (content === undefined) return {};
  return parseEnv(content);
}

function readText(file: string, bad: BadSource[]): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return readTextFile(file);
  } catch (error) {
    bad.push({ file, message: `cannot be read: ${(error as Error).message}.` });
    return undefined;
  }
}

/** Reads a text file. Leaves out the byte order mark that editors of Windows write. */
export function readTextFile(file: string): string {
  return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
}
