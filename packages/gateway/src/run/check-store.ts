import type {
  Entry,
  MessageEntry,
  RecordedEvent,
  SearchHit,
  SessionEvent,
  SessionLog,
  SessionMeta,
  SessionPage,
  SessionStore,
} from "@mini-openclaw/protocol";
import { checkItems, describeReturned, discard } from "../shared/async-iterables.ts";
import { isThenable } from "../shared/callbacks.ts";

/** A rule for the results of a method. */
interface Shape<Value> {
  /** The rule in words. */
  readonly expected: string;
  readonly is: (value: unknown) => value is Value;
}

const session: Shape<SessionMeta> = { expected: "a session with a `sessionId`", is: isSession };

const maybeSession: Shape<SessionMeta | undefined> = {
  expected: "a session with a `sessionId`, or undefined",
  is: (value) => value === undefined || isSession(value),
};

const page: Shape<SessionPage> = {
  expected: "a page with a list of `sessions`",
  is: (value): value is SessionPage =>
    isRecord(value) && Array.isArray(value["sessions"]) && value["sessions"].every(isSession),
};

const messages: Shape<MessageEntry[]> = {
  expected: "a list of messages with a `seq`",
  is: (value): value is MessageEntry[] => Array.isArray(value) && value.every(isNumbered),
};

const entry: Shape<Entry> = {
  expected: "entries with a `seq`",
  is: (value): value is Entry => isNumbered(value),
};

const hit: Shape<SearchHit> = {
  expected: "hits with a `session`",
  is: (value): value is SearchHit => isRecord(value) && isSession(value["session"]),
};

const event: Shape<RecordedEvent> = {
  expected: "events with a `seq`, and their `json`",
  // Runs for each chunk, so that it looks at two fields only.
  is: (value): value is RecordedEvent => {
    const { json, event: numbered } = Object(value) as Partial<RecordedEvent>;
    return typeof json === "string" && typeof numbered?.seq === "number";
  },
};

const log: Shape<SessionLog> = {
  expected: "a log with `record`, `read`, `settle` and `close`",
  is: (value): value is SessionLog =>
    isRecord(value) &&
    ["record", "read", "settle", "close"].every((name) => typeof value[name] === "function"),
};

const maybeBytes: Shape<Uint8Array | undefined> = {
  expected: "a Uint8Array, or undefined",
  is: (value) => value === undefined || value instanceof Uint8Array,
};

const blobId: Shape<string> = {
  expected: "the id of the blob",
  is: (value) => typeof value === "string",
};

/**
 * Returns the app's store with its results checked, so that a mistake of the store gets an error
 * that names the method. A rejection that nobody handles would end the process.
 */
export function checkStore(store: SessionStore): SessionStore {
  const loadBlob = store.loadBlob?.bind(store);
  return {
    getOrCreateSession: (...args) =>
      checked("store.getOrCreateSession", () => store.getOrCreateSession(...args), session),
    createSession: (...args) => checked("store.createSession", () => store.createSession(...args), session),
    getSession: (...args) => checked("store.getSession", () => store.getSession(...args), maybeSession),
    listSessions: (...args) => checked("store.listSessions", () => store.listSessions(...args), page),
    renameSession: (...args) => checked("store.renameSession", () => store.renameSession(...args), session),
    archiveSession: (...args) =>
      checked("store.archiveSession", () => store.archiveSession(...args), session),
    unarchiveSession: (...args) =>
      checked("store.unarchiveSession", () => store.unarchiveSession(...args), session),
    forkSession: (...args) => checked("store.forkSession", () => store.forkSession(...args), session),
    deleteSession: (...args) => withoutResult(() => store.deleteSession(...args)),
    undeleteSession: (...args) =>
      checked("store.undeleteSession", () => store.undeleteSession(...args), session),
    searchSessions: (...args) =>
      checkItems(
        "store.searchSessions",
        () => store.searchSessions(...args),
        itemOf("store.searchSessions", hit),
      ),
    appendMessage: (...args) => store.appendMessage(...args),
    appendMessages: (...args) => store.appendMessages(...args),
    loadMessages: (...args) => checked("store.loadMessages", () => store.loadMessages(...args), messages),
    entries: (...args) =>
      checkItems("store.entries", () => store.entries(...args), itemOf("store.entries", entry)),
    openLog: async (...args) => openChecked(await store.openLog(...args)),
    ...(loadBlob && {
      loadBlob: (...args) => checked("store.loadBlob", () => loadBlob(...args), maybeBytes),
    }),
    recover: () => store.recover(),
    close: () => store.close(),
  };
}

/**
 * Checks an open log. Closes a log that cannot be used, because an open one would keep the session
 * from being opened again.
 */
async function openChecked(opened: SessionLog): Promise<SessionLog> {
  try {
    return checkLog(await checked("store.openLog", () => opened, log));
  } catch (error) {
    await closeQuietly(opened);
    throw error;
  }
}

async function closeQuietly(opened: unknown): Promise<void> {
  try {
    await (opened as Partial<SessionLog> | undefined)?.close?.();
  } catch {
    // The error of the check names the mistake.
  }
}

/**
 * Returns a log with its results checked, but for `record`. Those are checked where they are
 * emitted.
 */
function checkLog(from: SessionLog): SessionLog {
  const check = itemOf("log.read", event);
  const saveBlob = from.saveBlob?.bind(from);
  return {
    get sessionId() {
      return from.sessionId;
    },
    get epoch() {
      return from.epoch;
    },
    get lastSeq() {
      return from.lastSeq;
    },
    record: (events) => from.record(events),
    ...(saveBlob && {
      saveBlob: (bytes) => checked("log.saveBlob", () => saveBlob(bytes), blobId),
    }),
    read: (...args) => checkItems("log.read", () => from.read(...args), check),
    settle: () => withoutResult(() => from.settle()),
    close: () => withoutResult(() => from.close()),
  };
}

/**
 * Checks what `log.record` returned for these events.
 *
 * @throws TypeError
 */
export function checkRecorded(
  returned: readonly RecordedEvent[],
  { length }: readonly SessionEvent[],
): readonly RecordedEvent[] {
  const value: unknown = returned;
  if (Array.isArray(value) && value.length === length && value.every(event.is)) return returned;
  throw wrongShape("log.record", value, `a list of ${length} ${event.expected}`);
}

/** Calls a method and checks its result. */
async function checked<Value>(
  method: string,
  call: () => Value | Promise<Value>,
  { is, expected }: Shape<Value>,
): Promise<Value> {
  const value: unknown = await call();
  if (is(value)) return value;
  throw wrongShape(method, value, expected);
}

/** Calls a method whose result does not matter. */
async function withoutResult(call: () => unknown): Promise<void> {
  discard(await call());
}

/** Returns a function that checks one item of an iterable. */
function itemOf<Item>(method: string, { is, expected }: Shape<Item>): (item: unknown) => Item {
  return (item) => {
    if (is(item)) return item;
    throw wrongShape(method, item, expected, "yield");
  };
}

function wrongShape(method: string, value: unknown, expected: string, verb = "return"): TypeError {
  discard(value);
  return new TypeError(`\`${method}\` must ${verb} ${expected}, got ${describeReturned(value)}.`);
}

function isSession(value: unknown): value is SessionMeta {
  return isRecord(value) && typeof value["sessionId"] === "string";
}

function isNumbered(value: unknown): boolean {
  return isRecord(value) && typeof value["seq"] === "number";
}

/** Returns true for an object that is no promise, and that has none in its fields. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || isThenable(value)) return false;
  return !Object.values(value).some(isThenable);
}
