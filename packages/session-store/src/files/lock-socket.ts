import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { type FileSystem, openFlags } from "./file-system.ts";
import { unlinkQuietly } from "./small-file.ts";

// The longest path of a socket that every system takes, its final zero included.
const MAX_SOCKET_PATH = 104;
// An answer of the kernel takes less than a millisecond; starting the thread takes 20.
const PROBE_TIMEOUT_MS = 2_000;
// A caller that waits for a lock retries every 25 ms.
const PROBE_AGAIN_MS = 500;

/** The use of a socket by one lock. */
export interface LockSocket {
  readonly name: string;
  /** Ends the use. The last one closes the socket. Call it once. */
  stop(): void;
}

/**
 * A socket beside the locks of one folder. The kernel closes it with the process, in whatever
 * namespace.
 */
interface SharedSocket {
  readonly name: string;
  readonly server: Server;
  users: number;
}

const sockets = new Map<string, SharedSocket>();

/** Listens beside a lock. Returns `undefined` where that does not work. */
export function listenBeside(fs: FileSystem, lock: string): LockSocket | undefined {
  const folder = dirname(lock);
  const known = sockets.get(folder);
  const socket = known && fs.pathStat(join(folder, known.name)) ? known : listen(fs, folder);
  if (!socket) return undefined;
  sockets.set(folder, socket);
  socket.users += 1;
  return { name: socket.name, stop: () => stopUse(fs, folder, socket) };
}

function listen(fs: FileSystem, folder: string): SharedSocket | undefined {
  const name = `.alive-${randomBytes(6).toString("hex")}.sock`;
  // Nothing is served. An accepted connection proves that the owner lives.
  const server = createServer((connection) => connection.destroy());
  server.on("error", () => {}); // Then there is no such file.
  withShortPath(fs, join(folder, name), (path) => server.listen({ path, exclusive: true }));
  server.unref();
  if (fs.pathStat(join(folder, name))) return { name, server, users: 0 };
  server.close(() => {});
  return undefined;
}

/**
 * Calls `use` with a path of the socket that is short enough for every system. A long path is
 * replaced by one through a descriptor of its folder, as Linux allows. Returns `undefined` if no
 * descriptor is left.
 */
function withShortPath<T>(fs: FileSystem, path: string, use: (path: string) => T): T | undefined {
  if (Buffer.byteLength(path) < MAX_SOCKET_PATH) return use(path);
  let folder: number;
  try {
    // With the dot, a link to a folder is followed.
    folder = fs.open(`${dirname(path)}/.`, openFlags.read);
  } catch {
    return undefined;
  }
  try {
    return use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    fs.close(folder);
  }
}

function stopUse(fs: FileSystem, folder: string, socket: SharedSocket): void {
  socket.users -= 1;
  if (socket.users > 0) return;
  if (sockets.get(folder) === socket) sockets.delete(folder);
  socket.server.close(() => {});
  unlinkQuietly(fs, join(folder, socket.name));
}

/** Returns true for the name of a socket beside locks. */
export function isLockSocket(name: string): boolean {
  return /^\.alive-[0-9a-f]{12}\.sock$/.test(name);
}

const probed = new Map<string, { at: number; answer: boolean | undefined }>();

/**
 * Returns false if nobody listens on a socket; `undefined` if that is unknown. Blocks for about 20
 * ms.
 */
export function isListening(fs: FileSystem, path: string, token: string): boolean | undefined {
  const before = probed.get(token);
  if (before && performance.now() - before.at < PROBE_AGAIN_MS) return before.answer;
  const answer = withShortPath(fs, path, probe);
  probed.clear();
  probed.set(token, { at: performance.now(), answer });
  return answer;
}

const LISTENS = 1;
const REFUSES = 2;
const UNKNOWN = 3;

// Locks are acquired synchronously, and a connection is not: a thread waits for it.
const PROBE = `
const { workerData: { path, shared } } = require("node:worker_threads");
const answer = (code) => { Atomics.store(shared, 0, code); Atomics.notify(shared, 0); };
const socket = require("node:net").connect(path);
socket.on("connect", () => { answer(${LISTENS}); socket.destroy(); });
socket.on("error", (error) => answer(error.code === "ECONNREFUSED" ? ${REFUSES} : ${UNKNOWN}));
`;

function probe(path: string): boolean | undefined {
  const shared = new Int32Array(new SharedArrayBuffer(4));
  try {
    const worker = new Worker(PROBE, { eval: true, execArgv: [], workerData: { path, shared } });
    worker.on("error", () => {});
    worker.unref();
    Atomics.wait(shared, 0, 0, PROBE_TIMEOUT_MS);
    void worker.terminate();
  } catch {
    return undefined; // no thread may be started here
  }
  const code = Atomics.load(shared, 0);
  if (code === LISTENS) return true;
  return code === REFUSES ? false : undefined;
}
