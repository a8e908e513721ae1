import { dirname } from "node:path";
import { type FileStat, type FileSystem, openFlags } from "../src/files/file-system.ts";
import { SystemError } from "./faulty-file-system.ts";

interface Inode {
  readonly ino: number;
  bytes: Buffer;
  /** The bytes that survive a power failure. */
  synced: Buffer;
}

/** The rest of unsynced bytes and names after a power failure. */
export interface PowerFailure {
  /** `kept` if names that were not synced survive. */
  names: "kept" | "lost";
  /** The part of unsynced bytes that survives. */
  bytes: "all" | "none" | "half" | "zeros";
}

let machines = 0;

/** A file system in memory that knows what a power failure would leave of it. */
export class PowerFileSystem implements FileSystem {
  readonly #machine: number;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  /** The time of the last change of the names in each folder, counted in changes. */
  readonly #folders = new Map<string, number>();
  #changes = 0;
  readonly #open = new Map<number, Inode>();
  #lastFd = 2;
  #lastInode = 0;
  /** Called after every call that changes something. */
  onChange: () => void = () => {};

  constructor() {
    machines += 1;
    this.#machine = machines;
  }

  /** The file system after the power came back. */
  afterPowerFailure(failure: PowerFailure): PowerFileSystem {
    const after = new PowerFileSystem();
    const inodes = new Map<Inode, Inode>();
    const names = failure.names === "kept" ? this.#names : this.#durableNames;
    for (const [path, inode] of names) {
      const left = inodes.get(inode) ?? { ino: after.#nextInode(), ...survived(inode, failure.bytes) };
      // The machine that starts again has another boot id than its locks.
      if (path.endsWith(".lock"))
        left.bytes = Buffer.from(left.bytes.toString().replace(/"bootId":"[^"]*"/, '"bootId":"before"'));
      inodes.set(inode, left);
      after.#setName(path, left);
    }
    after.#durableNames = new Map(after.#names);
    return after;
  }

  open(path: string, flags: number): number {
    let inode = this.#names.get(path);
    const mayCreate = flags === openFlags.create || flags === openFlags.appendOrCreate;
    if (inode && flags === openFlags.create) throw new SystemError("EEXIST");
    if (!inode && !mayCreate) throw new SystemError("ENOENT");
    inode ??= { ino: this.#nextInode(), bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
    this.#setName(path, inode);
    this.#lastFd += 1;
    this.#open.set(this.#lastFd, inode);
    this.onChange();
    return this.#lastFd;
  }

  close(fd: number): void {
    this.#open.delete(fd);
  }

  write(fd: number, bytes: string | Uint8Array): number {
    const inode = this.#inode(fd);
    const added = Buffer.from(bytes as string);
    inode.bytes = Buffer.concat([inode.bytes, added]);
    this.onChange();
    return added.length;
  }

  writeAt(fd: number, bytes: Uint8Array, position: number): number {
    const inode = this.#inode(fd);
    inode.bytes = Buffer.from(inode.bytes);
    inode.bytes.set(bytes, position);
    this.onChange();
    return bytes.length;
  }

  truncate(fd: number, size: number): void {
    const inode = this.#inode(fd);
    inode.bytes = inode.bytes.subarray(0, size);
    this.onChange();
  }

  fileStat(fd: number): FileStat {
    return this.#stat(this.#inode(fd));
  }

  pathStat(path: string): FileStat | undefined {
    const inode = this.#names.get(path);
    if (inode) return this.#stat(inode);
    const folder = path.replace(/\/\.$/, "");
    const mtimeMs = this.#folders.get(folder);
    return mtimeMs === undefined
      ? undefined
      : { isFile: false, dev: this.#machine, ino: 1, size: 0, mtimeMs };
  }

  link(existing: string, path: string): void {
    if (this.#names.has(path)) throw new SystemError("EEXIST");
    this.#setName(path, this.#named(existing));
    this.onChange();
  }

  unlink(path: string): void {
    this.#named(path);
    this.#deleteName(path);
    this.onChange();
  }

  rename(from: string, to: string): void {
    this.#setName(to, this.#named(from));
    this.#deleteName(from);
    this.onChange();
  }

  makeDirectory(path: string): void {
    if (!this.#folders.has(path)) this.#folders.set(path, 0);
  }

  removeDirectory(): void {}

  async list(path: string): Promise<string[]> {
    const inside = [...this.#names.keys()].filter((name) => dirname(name) === path);
    return inside.map((name) => name.slice(path.length + 1));
  }

  async read(fd: number, buffer: Uint8Array, position: number): Promise<number> {
    return this.readNow(fd, buffer, position);
  }

  readNow(fd: number, buffer: Uint8Array, position: number): number {
    const { bytes } = this.#inode(fd);
    return bytes.copy(buffer, 0, position, position + buffer.length);
  }

  async sync(fd: number): Promise<void> {
    const inode = this.#inode(fd);
    const { bytes } = inode;
    await Promise.resolve();
    inode.synced = bytes;
    this.onChange();
  }

  async syncDirectory(path: string): Promise<void> {
    await Promise.resolve();
    const inside = (name: string) => dirname(name) === path;
    for (const name of this.#durableNames.keys()) {
      if (inside(name) && !this.#names.has(name)) this.#durableNames.delete(name);
    }
    for (const [name, inode] of this.#names) if (inside(name)) this.#durableNames.set(name, inode);
    this.onChange();
  }

  #setName(path: string, inode: Inode): void {
    this.#names.set(path, inode);
    this.#changeFolder(dirname(path));
  }

  #deleteName(path: string): void {
    this.#names.delete(path);
    this.#changeFolder(dirname(path));
  }

  #changeFolder(path: string): void {
    this.#changes += 1;
    this.#folders.set(path, this.#changes);
  }

  #nextInode(): number {
    this.#lastInode += 1;
    return this.#lastInode;
  }

  #inode(fd: number): Inode {
    const inode = this.#open.get(fd);
    if (!inode) throw new SystemError("EBADF");
    return inode;
  }

  #named(path: string): Inode {
    const inode = this.#names.get(path);
    if (!inode) throw new SystemError("ENOENT");
    return inode;
  }

  #stat({ ino, bytes }: Inode): FileStat {
    return { isFile: true, dev: this.#machine, ino, size: bytes.length, mtimeMs: 0 };
  }
}

function survived({ bytes, synced }: Inode, left: PowerFailure["bytes"]): Omit<Inode, "ino"> {
  const isExtension = bytes.length >= synced.length && bytes.subarray(0, synced.length).equals(synced);
  // A file that was cut and not synced may be either.
  const rest = isExtension ? bytes.subarray(synced.length) : Buffer.alloc(0);
  const kept = {
    all: rest,
    none: Buffer.alloc(0),
    half: rest.subarray(0, rest.length >> 1),
    zeros: Buffer.concat([
      rest.subarray(0, rest.length >> 2),
      Buffer.alloc(rest.length - (rest.length >> 2)),
    ]),
  }[left];
  const after = Buffer.concat([synced, kept]);
  return { bytes: after, synced: after };
}
