import { type Entry, filesOf } from "@mini-openclaw/protocol";

/** Returns the ids of the blobs that an entry names. */
export function blobsOf(entry: Entry): string[] {
  if (!("blocks" in entry)) return [];
  return (filesOf(entry) ?? []).flatMap(({ blob }) => (blob === undefined ? [] : [blob]));
}
