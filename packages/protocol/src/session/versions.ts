import {
  type Entry,
  isMessageEntry,
  type MessageEntry,
  type RunEndEntry,
  type UserEntry,
} from "./transcript.ts";

/** The fields of an entry, or of an item of a view, that decide about versions. */
interface Versioned {
  id?: string;
  key?: string;
  editOf?: string;
}

/**
 * Pure: returns the entries that belong to the conversation, oldest first. An edited message
 * replaces the message that its `editOf` names, and all entries between the two.
 *
 * `replacedTo` is set where the replaced message is older than the first entry. Pass it with the
 * entries before that one.
 */
export function currentEntries<One extends object>(
  entries: readonly One[],
  replacedTo?: string,
): { entries: One[]; replacedTo: string | undefined } {
  const current: One[] = [];
  let until = replacedTo;
  for (const entry of [...entries].reverse()) {
    const { id, key = id, editOf }: Versioned = entry;
    if (until === undefined) current.push(entry);
    else if (key !== until) continue;
    until = editOf;
  }
  return { entries: current.reverse(), replacedTo: until };
}

/**
 * Pure: returns the entries that belong to the conversation, oldest first. An edit of a message
 * that is not among them replaces nothing: a `history` has left out what it replaced.
 */
export function conversationOf(entries: readonly Entry[]): Entry[] {
  const ids = new Set(entries.flatMap((entry) => (isMessageEntry(entry) ? entry.id : [])));
  const versions = entries.map((entry) => {
    if (!isMessageEntry(entry)) return { entry };
    const editOf = entry.role === "user" ? entry.editOf : undefined;
    return { entry, id: entry.id, ...(editOf !== undefined && ids.has(editOf) && { editOf }) };
  });
  return currentEntries<{ entry: Entry }>(versions).entries.map(({ entry }) => entry);
}

/** One version of a user's message, with the entries that answered it. */
export interface MessageVersion {
  /** The id of the user's message. */
  readonly id: string;
  /** The message and the entries after it, up to the next version, oldest first. */
  readonly entries: readonly (MessageEntry | RunEndEntry)[];
}

/**
 * Pure: returns the versions of a user's message, oldest first. `entries` are those of the
 * transcript, oldest first, of which `history` returns the messages.
 */
export function versionsOf(
  entries: readonly (MessageEntry | RunEndEntry)[],
  id: string,
): readonly MessageVersion[] {
  const firstVersions = new Map<string, string>();
  for (const entry of entries) {
    if (!isUser(entry)) continue;
    const { id: own, editOf } = entry;
    firstVersions.set(own, editOf === undefined ? own : (firstVersions.get(editOf) ?? editOf));
  }
  const first = firstVersions.get(id);
  const versions: { id: string; entries: (MessageEntry | RunEndEntry)[] }[] = [];
  let version: (typeof versions)[number] | undefined;
  for (const entry of entries) {
    if (isUser(entry)) {
      const { editOf } = entry;
      const isVersion = firstVersions.get(entry.id) === first;
      if (isVersion) version = { id: entry.id, entries: [] };
      if (isVersion && version) versions.push(version);
      // An edit of an earlier message leaves this one behind.
      else if (editOf !== undefined && !version?.entries.some((one) => "id" in one && one.id === editOf)) {
        version = undefined;
      }
    }
    version?.entries.push(entry);
  }
  return versions.map((one) => ({ id: one.id, entries: currentEntries(one.entries).entries }));
}

function isUser(entry: MessageEntry | RunEndEntry): entry is UserEntry {
  return "role" in entry && entry.role === "user";
}
