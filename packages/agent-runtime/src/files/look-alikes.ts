import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { PathError } from "./path-error.ts";

/**
 * Finds the path that looks like one that is not there: in another Unicode form (NFC, NFD) or with
 * other kinds of blanks.
 *
 * Returns `undefined` if the path is there as given, or nothing looks like it.
 *
 * @throws PathError if several names look like one of the path's
 */
export async function findLookAlike(root: string, path: string): Promise<string | undefined> {
  // Names of visible ASCII have no other form.
  if (/^[\x21-\x7e]*$/.test(path)) return undefined;
  const found: string[] = [];
  let isChanged = false;
  for (const name of path.split("/")) {
    const other = await findName(join(root, ...found), name);
    isChanged ||= other !== undefined;
    found.push(other ?? name);
  }
  return isChanged ? found.join("/") : undefined;
}

async function findName(folder: string, name: string): Promise<string | undefined> {
  if (/^[\x21-\x7e]*$/.test(name)) return undefined;
  const isThere = await lstat(join(folder, name)).then(
    () => true,
    () => false,
  );
  if (isThere) return undefined;
  const look = lookOf(name);
  const names = (await readdir(folder).catch(() => [])).filter((one) => lookOf(one) === look);
  if (names.length <= 1) return names[0];
  const shown = names.map((one) => JSON.stringify(one)).join(", ");
  throw new PathError(
    `There is no file ${name}. Several names look like it: ${shown}. Use \`bash\` with a pattern such as \`*\`.`,
  );
}

/** Returns one form for all names that look alike. */
function lookOf(name: string): string {
  return name.normalize("NFC").replaceAll(/\p{Zs}/gu, " ");
}
