import { dirname, join } from "node:path";
import process from "node:process";
import type { MiniOpenClawConfig } from "./config.ts";
import { watchFiles } from "./watch-files.ts";

/** The settings that count without a restart. `schedule` is that of the settings. */
const liveKeys: ReadonlySet<string> = new Set(["approval", "schedule"]);

/** Reads the settings again, as they were read at the start. */
export type Reload = () => MiniOpenClawConfig;

/** Gets the settings after each change of a file, and sentences for the operator. */
export interface SettingsListener {
  /** Called with the new values of the settings that count at once. */
  apply: (config: MiniOpenClawConfig) => Promise<void> | void;
  report: (problem: unknown) => void;
}

/**
 * Watches the files of the settings and of the schedules. Bad settings are reported, and those from
 * before stay. Returns a function that ends this.
 */
export function watchSettings(
  started: MiniOpenClawConfig,
  reload: Reload,
  { apply, report }: SettingsListener,
): () => void {
  let known = started;
  const files = [
    started.configFile,
    join(dirname(started.configFile), ".env"),
    join(process.cwd(), ".env"),
    started.scheduleFile,
  ];
  return watchFiles(
    files,
    async () => {
      const next = reload();
      const changed = changedKeys(known, next);
      known = next;
      const live = changed.filter((key) => liveKeys.has(key));
      const others = changed.filter((key) => !liveKeys.has(key));
      await apply({ ...started, approval: next.approval, schedule: next.schedule });
      if (live.length > 0) report(`Changed without a restart: ${live.join(", ")}.`);
      if (others.length > 0) report(`Restart the server to use the new values of: ${others.join(", ")}.`);
    },
    report,
  );
}

/** Returns the names of settings whose values differ. Values are never printed. */
function changedKeys(before: MiniOpenClawConfig, after: MiniOpenClawConfig): string[] {
  const values = (config: MiniOpenClawConfig) => new Map<string, unknown>(Object.entries(config));
  const [old, next] = [values(before), values(after)];
  const keys = new Set([...old.keys(), ...next.keys()]);
  keys.delete("warnings");
  return [...keys].filter((key) => JSON.stringify(old.get(key)) !== JSON.stringify(next.get(key)));
}
