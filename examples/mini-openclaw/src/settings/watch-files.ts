import { unwatchFile, watchFile } from "node:fs";

/** The pause between two looks. Events of the system miss files on some mounts of containers. */
const PAUSE_MS = 1000;

/**
 * Calls `onChange` after a file was written, created or removed. Returns a function that ends this.
 *
 * @param onFailure gets what `onChange` throws
 */
export function watchFiles(
  files: readonly string[],
  onChange: () => Promise<void> | void,
  onFailure: (error: unknown) => void,
): () => void {
  const listener = () => {
    Promise.resolve().then(onChange).catch(onFailure);
  };
  for (const file of files) watchFile(file, { interval: PAUSE_MS, persistent: false }, listener);
  return () => {
    for (const file of files) unwatchFile(file, listener);
  };
}
