import { createIdSource } from "../model/names.ts";
import type { FileSystem } from "./file-system.ts";
import { isProcessOfTagGone, tagProcess } from "./lock-owner.ts";

const TAGGED = /\.(\d+-\d*-\d*-[0-9a-f]*)\.[0-9a-f-]{36}\.tmp$/;
// The names of files that are written under another name first.
const OWN = /(^sessions\.index|\.jsonl|\.meta\.json|\.lock|pause\.json)(\.[\w-]+)*\.tmp$/;
// A file without a tag may have a living writer, which would have changed it since.
const MAX_UNTAGGED_MS = 60 * 60 * 1_000;

const createId = createIdSource();

/** Returns a name for a file that is complete only when it is renamed. It names this process. */
export function temporaryName(path: string): string {
  return `${path}.${tagProcess()}.${createId()}.tmp`;
}

/** Returns true for the temporary file of a dead process. */
export function isLeftover(fs: FileSystem, path: string): boolean {
  const tag = TAGGED.exec(path)?.[1];
  if (tag !== undefined) return isProcessOfTagGone(tag);
  const name = path.slice(path.lastIndexOf("/") + 1);
  const changedAt = OWN.test(name) ? fs.pathStat(path)?.mtimeMs : undefined;
  return changedAt !== undefined && Date.now() - changedAt > MAX_UNTAGGED_MS;
}
