import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { closestName } from "@mini-openclaw/protocol/shared";
import { findSettings } from "../../settings/config.ts";
import { Refusal } from "../../settings/kinds.ts";
import { replaceFile } from "../../settings/replace-file.ts";
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
export function getConfig(key: string): void {
  assertSetting(key);
  const { isSecret, fallback }: Setting<unknown> = settings[key];
  const text = findSettings(readSources()).found[key]?.text;
  console.log(isSecret && text !== undefined ? "(set)" : (text ?? fallback));
}

/** Sets or removes a setting in the user's `config.json`. Others stay as they are. */
export function setConfig(key: string, text: string | undefined): void {
  assertSetting(key);
  const { kind }: Setting<unknown> = settings[key];
  const value = text === undefined ? undefined : kind.parse(text, process.cwd());
  if (value instanceof Refusal) {
    warn(`\`${key}\` must be ${value.expected}, got ${JSON.stringify(text)}.`);
    process.exit(exitCodes.badUsage);
  }
  const file = configFileOf(process.env, process.cwd());
  const config = existsSync(file) ? readJsonFile(file) : {};
  const changed = { ...config, [key]: value };
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  replaceFile(file, `${JSON.stringify(changed, undefined, 2)}\n`, 0o600);
  console.log(`${text === undefined ? "Removed" : "Set"} ${key} in ${file}.`);
}

function assertSetting(key: string): asserts key is SettingKey {
  if (Object.hasOwn(settings, key)) return;
  const closest = closestName(key, settingKeys);
  const hint = closest === undefined ? "mini-openclaw --help lists all." : `Did you mean ${closest}?`;
  warn(`\`${key}\` is not a setting. ${hint}`);
  process.exit(exitCodes.badUsage);
}

export function printPath(): void {
  console.log(configFileOf(process.env, process.cwd()));
}
