import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes the data directory, for its owner only, and keeps it out of the workspace's version control. */
export function prepareDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const ignore = join(dataDir, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n", { mode: 0o600 });
}

/** The demo's own workspace, with something in it to look at. */
export function prepareDemoWorkspace(dataDir: string): string {
  const directory = join(dataDir, "demo-workspace");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const readme = join(directory, "README.md");
  if (!existsSync(readme)) writeFileSync(readme, "# Scratch\n\nThe demo's tools work in this folder.\n");
  return directory;
}
