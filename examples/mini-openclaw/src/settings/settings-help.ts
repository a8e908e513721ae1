import { settingKeys, settings } from "./settings.ts";

/** Returns the rows about all settings in the help. */
export function settingsHelp(): string {
  const rows = settingKeys.map((key) => {
    const { env, about, fallback } = settings[key];
    return `  ${env.padEnd(31)} ${about} Default: ${fallback}.`;
  });
  return [
    "Settings come from flags (--max-run-cost 2), environment variables, .env and config.json:",
    ...rows,
    "  HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY  The proxy to the model's server.",
    "",
  ].join("\n");
}
