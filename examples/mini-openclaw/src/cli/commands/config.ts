import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { closestName } from "@mini-openclaw/protocol/shared";
import { findSettings, quote } from "../../settings/config.ts";
import { Refusal } from "../../settings/kinds.ts";
import { replaceFile } from "../../settings/replace-file.ts";
import { keyNamed } from "../../settings/setting-names.ts";
import { type Setting, type SettingKey, settingKeys, settings } from "../../settings/settings.ts";
import { configFileOf, readSources, type Sources } from "../../settings/sources.ts";
import { exitCodes } from "../exit.ts";
import { readJsonFile, warn } from "../load.ts";
import type { Options } from "../options.ts";

/** Prints each setting, its value and the source of the value. Exits with 78 if one is bad. */
export function showConfig(flags: Sources["flags"], { json }: Options): void {
  const { found, problems, warnings } = findSettings(readSources(flags));
  const rows = settingKeys.map((key) => {
    const { isSecret, fallback, kind }: Setting<unknown> = settings[key];
    const { text, from, name } = found[key] ?? { text: undefined, from: "default", name: key };
    const refused = text === undefined ? undefined : kind.parse(text, process.cwd());
    if (refused instanceof Refusal) problems.push({ name, message: `must be ${refused.expected}.` });
    return { key, value: isSecret && text !== undefined ? "(set)" : (text ?? fallback), from };
  });
  if (json === true) console.log(JSON.stringify({ settings: rows, problems, warnings }, undefined, 2));
  else {
    for (const { key, value, from } of rows) console.log(`${key.padEnd(20)} ${value}  (${from})`);
    for (const warning of warnings) warn(warning);
    for (const { name, message } of problems) warn(`\`${name}\` ${message}`);
  }
  if (problems.length > 0) process.exitCode = exitCodes.badConfig;
}

/** Prints the value of a setting, for scripts. */
export function getConfig(name: string): void {
  const key = settingNamed(name);
  const { isSecret, fallback }: Setting<unknown> = settings[key];
  const text = findSettings(readSources()).found[key]?.text;
  console.log(isSecret && text !== undefined ? "(set)" : (text ?? fallback));
}

/** Sets or removes a setting in the user's `config.json`. Others stay as they are. */
export function setConfig(name: string, text: string | undefined): void {
  const key = settingNamed(name);
  const setting: Setting<unknown> = settings[key];
  const value = text === undefined ? undefined : setting.kind.parse(text, process.cwd());
  if (text !== undefined && value instanceof Refusal) {
    warn(`\`${key}\` must be ${value.expected}, got ${quote(setting, text)}.`);
    process.exit(exitCodes.badUsage);
  }
  const file = configFileOf(process.env, process.cwd());
  const config = existsSync(file) ? readJsonFile(file) : {};
  const changed = { ...config, [key]: value };
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  replaceFile(file, `${JSON.stringify(changed, undefined, 2)}\n`, 0o600);
  console.log(`${text === undefined ? "Removed" : "Set"} ${key} in ${file}.`);
}

/** Returns the key of a setting. Variables and flags name settings too, as `--help` lists them. */
function settingNamed(name: string): SettingKey {
  const key = keyNamed(name);
  if (key !== undefined) return key;
  const closest = closestName(name, settingKeys);
  const hint = closest === undefined ? "mini-openclaw config show lists all." : `Did you mean ${closest}?`;
  warn(`\`${name}\` is not a setting. ${hint}`);
  return process.exit(exitCodes.badUsage);
}

export function printPath(): void {
  console.log(configFileOf(process.env, process.cwd()));
}
