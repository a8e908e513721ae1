import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { below } from "./path-error.ts";

/** Returns a function that tests a path, as seen from the root with its links resolved. */
export async function createHiddenTest(
  hidden: readonly string[],
  root: string,
): Promise<(path: string) => boolean> {
  const paths = await Promise.all(
    hidden.map(async (path) => {
      const absolute = resolve(root, path);
      const real = await realpath(absolute).catch(() => absolute);
      return [below(root, absolute), below(root, real)];
    }),
  );
  // A hidden folder above the workspace does not hide the workspace.
  const keys = paths.flat().flatMap((path) => (path === undefined || path === "" ? [] : [nameKey(path)]));
  return (path) => {
    if (keys.length === 0) return false;
    const key = nameKey(path);
    return keys.some((one) => key === one || key.startsWith(`${one}/`));
  };
}

/** Compared without case and in one form, as some disks do. */
function nameKey(path: string): string {
  return path.replaceAll("\\", "/").normalize("NFC").toLowerCase();
}
