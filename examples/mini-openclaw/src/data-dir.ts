import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Creates the data directory with access for its owner only, and excludes it from version control.
 */
export function prepareDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const ignore = join(dataDir, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n", { mode: 0o600 });
}

/** Creates the workspace of the demo, with one file in it. */
export function prepareDemoWorkspace(dataDir: string): string {
  const directory = join(dataDir, "demo-workspace");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const readme = join(directory, "README.md");
  if (!existsSync(readme)) writeFileSync(readme, "# Scratch\n\nThe demo's tools work in this folder.\n");
  return directory;
}

/** Writes the address of the server into its data directory. */
export function announceAddress(dataDir: string, address: string): void {
  writeFileSync(join(dataDir, "address"), `${address}\n`, { mode: 0o600 });
}

/** Removes the address of a server, such as one that was killed. */
export function removeAddress(dataDir: string): void {
  rmSync(join(dataDir, "address"), { force: true });
}

/** Returns the address of the server that holds the data directory, if it has written one. */
export function readAddress(dataDir: string): string | undefined {
  try {
    return readFileSync(join(dataDir, "address"), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
