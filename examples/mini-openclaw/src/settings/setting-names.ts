import { closestName } from "@mini-openclaw/protocol/shared";
import { flagOf, type SettingKey, settingKeys, settings } from "./settings.ts";

/** The variables that count in the environment only: the place of the settings, and proxies. */
export const environmentNames: readonly string[] = [
  "MINI_OPENCLAW_CONFIG",
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
];

/** A variable that looks like a setting but is none. */
interface Misspelled {
  name: string;
  closest: string;
}

/** Returns the key of a setting by its key, its variable or its flag. */
export function keyNamed(name: string): SettingKey | undefined {
  return settingKeys.find((key) =>
    [key, settings[key].env, flagOf(key), flagOf(key)?.slice(2)].includes(name),
  );
}

/**
 * Finds the variables that look like settings but are none, with the closest setting of each. Names
 * that begin with ours are mistakes. Others may belong to other programs, such as
 * `OPENAI_API_KEYS`, and are left out where the setting itself is set. Values are never read,
 * because they may be secret.
 */
export function findMisspelled(variables: Readonly<Record<string, unknown>>): {
  own: Misspelled[];
  foreign: Misspelled[];
} {
  const known = ["MINI_OPENCLAW_CONFIG", ...settingKeys.map((key) => settings[key].env)];
  const own: Misspelled[] = [];
  const foreign: Misspelled[] = [];
  for (const name of Object.keys(variables)) {
    if (known.includes(name)) continue;
    const isOwn = plain(name).startsWith("MINIOPENCLAW");
    const found = closestName(plain(name), known.map(plain), isOwn ? Number.POSITIVE_INFINITY : 1);
    const closest = known.find((one) => plain(one) === found);
    if (closest === undefined) continue;
    if (isOwn) own.push({ name, closest });
    else if (!variables[closest]) foreign.push({ name, closest });
  }
  return { own, foreign };
}

function plain(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z]/g, "");
}
