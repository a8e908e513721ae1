// The stores behind one interface. Each keeps the same JSON text for each message, by session and
// number. Calls of the peers that are synchronous stay synchronous: they pay for no promise. The
// plain files are the least that a store of one file for each session must do. They check, number
// and protect nothing.
import { randomUUID } from "node:crypto";
import { closeSync, fdatasync, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { openSessionStore } from "@mini-openclaw/session-store";

const PAGE = 50;
const LIST = 20;

/** The peers keep no ids of their own, so each message gets one here. */
function toLine(message, seq) {
  return JSON.stringify({ seq, id: randomUUID(), ...message });
}

export const names = ["session-store", "plain files", "better-sqlite3", "lmdb", "classic-level"];

const openers = {
  "session-store": openOurs,
  "plain files": openPlain,
  "better-sqlite3": openSqlite,
  lmdb: openLmdb,
  "classic-level": openLevel,
};

/** Opens one store. `durability` is `os` or `disk`. */
export function openStore(name, folder, durability) {
  return openers[name](join(folder, name), durability);
}

async function openOurs(folder, durability) {
  const store = await openSessionStore(folder, { durability });
  return {
    create: async (key) => (await store.createSession(key)).sessionId,
    ids: async () => (await store.listSessions({ limit: 1_000 })).sessions.map(({ sessionId }) => sessionId),
    append: (session, message) => store.appendMessage(session, message),
    appendAll: (session, messages) => store.appendMessages(session, messages),
    appendFromMany: (session, messages) =>
      Promise.all(messages.map((message) => store.appendMessage(session, message))),
    last: (session) => store.loadMessages(session, { limit: PAGE }),
    list: async () => (await store.listSessions({ limit: LIST })).sessions,
    close: () => store.close(),
  };
}

const sync = promisify(fdatasync);

async function openPlain(folder, durability) {
  mkdirSync(folder, { recursive: true });
  const isDurable = durability === "disk";
  const fds = new Map();
  const metas = [];
  const seqs = numbers();
  const pathOf = (session) => join(folder, `${session}.jsonl`);
  const lineOf = (session, message) => `${toLine(message, seqs.next(session))}\n`;
  const write = (session, lines) => {
    const fd = fds.get(session);
    writeSync(fd, lines);
    return isDurable ? sync(fd) : undefined;
  };
  const writeAll = (session, messages) =>
    write(session, messages.map((message) => lineOf(session, message)).join(""));
  return {
    create(key) {
      const meta = newMeta(key);
      metas.unshift(meta);
      fds.set(meta.sessionId, openSync(pathOf(meta.sessionId), "a"));
      return meta.sessionId;
    },
    append: (session, message) => write(session, lineOf(session, message)),
    appendAll: writeAll,
    appendFromMany: writeAll,
    last(session) {
      const fd = openSync(pathOf(session), "r");
      const bytes = Buffer.allocUnsafe(32_768);
      const { size } = fstatSync(fd);
      const text = bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.length, size - bytes.length));
      closeSync(fd);
      const lines = text.slice(0, -1).split("\n");
      return lines.slice(-PAGE).map((line) => JSON.parse(line));
    },
    list: () => metas.slice(0, LIST).map((meta) => ({ ...meta })),
    close() {
      for (const fd of fds.values()) closeSync(fd);
    },
  };
}

async function openSqlite(folder, durability) {
  const { default: Database } = await import("better-sqlite3");
  const db = new Database(`${folder}.db`);
  db.pragma("journal_mode = WAL");
  db.pragma(`synchronous = ${durability === "disk" ? "FULL" : "NORMAL"}`);
  db.exec(
    `CREATE TABLE IF NOT EXISTS entries (session TEXT, seq INTEGER, line TEXT, PRIMARY KEY (session, seq)) WITHOUT ROWID;
     CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, updatedAt INTEGER, meta TEXT);
     CREATE INDEX IF NOT EXISTS newest ON sessions (updatedAt)`,
  );
  const insert = db.prepare("INSERT INTO entries VALUES (?, ?, ?)");
  const newest = db.prepare("SELECT line FROM entries WHERE session = ? ORDER BY seq DESC LIMIT ?").pluck();
  const sessions = db.prepare("SELECT meta FROM sessions ORDER BY updatedAt DESC LIMIT ?").pluck();
  const addSession = db.prepare("INSERT INTO sessions VALUES (?, ?, ?)");
  const seqs = numbers();
  const insertAll = db.transaction((session, messages) => {
    for (const message of messages)
      insert.run(session, seqs.next(session), toLine(message, seqs.get(session)));
  });
  return {
    create(key) {
      const meta = newMeta(key);
      addSession.run(meta.sessionId, meta.updatedAt, JSON.stringify(meta));
      return meta.sessionId;
    },
    ids: () => db.prepare("SELECT id FROM sessions").pluck().all(),
    append(session, message) {
      insert.run(session, seqs.next(session), toLine(message, seqs.get(session)));
    },
    appendAll: insertAll,
    appendFromMany: insertAll,
    last: (session) =>
      newest
        .all(session, PAGE)
        .map((line) => JSON.parse(line))
        .reverse(),
    list: () => sessions.all(LIST).map((meta) => JSON.parse(meta)),
    close: () => db.close(),
  };
}

async function openLmdb(folder, durability) {
  const { open } = await import("lmdb");
  const db = open({ path: folder, encoding: "string", noSync: durability === "os" });
  const seqs = numbers();
  const put = (session, message) => db.put([session, seqs.next(session)], toLine(message, seqs.get(session)));
  return {
    create(key) {
      const meta = newMeta(key);
      db.putSync(["~", meta.updatedAt, meta.sessionId], JSON.stringify(meta));
      return meta.sessionId;
    },
    ids: () => [...db.getKeys({ start: ["~"] })].map(([, , id]) => id),
    append: put,
    appendAll: (session, messages) =>
      db.transaction(() => {
        for (const message of messages) void put(session, message);
      }),
    appendFromMany: (session, messages) => Promise.all(messages.map((message) => put(session, message))),
    last: (session) =>
      [...db.getRange({ start: [session, Number.MAX_VALUE], end: [session], reverse: true, limit: PAGE })]
        .map(({ value }) => JSON.parse(value))
        .reverse(),
    list: () =>
      [...db.getRange({ start: ["~", Number.MAX_VALUE], end: ["~"], reverse: true, limit: LIST })].map(
        ({ value }) => JSON.parse(value),
      ),
    close: () => db.close(),
  };
}

async function openLevel(folder, durability) {
  const { ClassicLevel } = await import("classic-level");
  const db = new ClassicLevel(folder, { keyEncoding: "utf8", valueEncoding: "utf8" });
  await db.open();
  const sync = durability === "disk";
  const seqs = numbers();
  const keyOf = (session, seq) => `${session}!${String(seq).padStart(12, "0")}`;
  const put = (session, message) =>
    db.put(keyOf(session, seqs.next(session)), toLine(message, seqs.get(session)), { sync });
  const valuesOf = async (range) => (await db.values(range).all()).map((value) => JSON.parse(value));
  return {
    async create(key) {
      const meta = newMeta(key);
      await db.put(keyOf("~", meta.updatedAt) + meta.sessionId, JSON.stringify(meta));
      return meta.sessionId;
    },
    ids: async () => (await valuesOf({ gt: "~" })).map(({ sessionId }) => sessionId),
    append: put,
    appendFromMany: (session, messages) => Promise.all(messages.map((message) => put(session, message))),
    appendAll: (session, messages) =>
      db.batch(
        messages.map((message) => ({
          type: "put",
          key: keyOf(session, seqs.next(session)),
          value: toLine(message, seqs.get(session)),
        })),
        { sync },
      ),
    last: async (session) =>
      (await valuesOf({ gt: `${session}!`, lt: `${session}"`, reverse: true, limit: PAGE })).reverse(),
    list: () => valuesOf({ gt: "~", reverse: true, limit: LIST }),
    close: () => db.close(),
  };
}

let created = 0;

/** As much as the session store keeps of a session. Times ascend, so that a list has one order. */
function newMeta(key) {
  created += 1;
  const at = 1_767_225_600_000 + created;
  const counts = { createdAt: at, updatedAt: at, messageCount: 200, lastSeq: 200 };
  return { sessionId: randomUUID(), key, channel: key, title: `Session ${created}`, ...counts, epoch: "0" };
}

/** The newest number of each session. */
function numbers() {
  const seqs = new Map();
  return {
    get: (session) => seqs.get(session) ?? 0,
    next(session) {
      const seq = (seqs.get(session) ?? 0) + 1;
      seqs.set(session, seq);
      return seq;
    },
  };
}
