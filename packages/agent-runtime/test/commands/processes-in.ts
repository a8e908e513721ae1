import { readdirSync, readlinkSync } from "node:fs";

/** Processes whose working directory this is. */
export function processesIn(directory: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === directory;
    } catch {
      // Not a process, or gone meanwhile.
      return false;
    }
  });
}
