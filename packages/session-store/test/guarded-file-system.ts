import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";

export interface Guarded {
  readonly fs: FileSystem;
  /** Uses of a descriptor after it was closed. */
  readonly misuses: string[];
  readonly open: { readonly count: number; readonly most: number };
  /** For each file, the bytes that were synced. */
  syncedBytes(path: string): number;
}

/** The real file system, with an eye on its descriptors. */
export function guardedFileSystem(): Guarded {
  const paths = new Map<number, string>();
  const synced = new Map<string, number>();
  const misuses: string[] = [];
  let most = 0;
  const check = (call: string, fd: number) => {
    if (!paths.has(fd)) misuses.push(`${call} of descriptor ${fd}`);
  };
  const guard = <Call extends keyof FileSystem>(call: Call): FileSystem[Call] => {
    const real = nodeFileSystem[call] as (...args: unknown[]) => unknown;
    return ((...args: unknown[]) => {
      check(call, args[0] as number);
      return real(...args);
    }) as FileSystem[Call];
  };
  const fs: FileSystem = {
    ...nodeFileSystem,
    open(path, flags) {
      const fd = nodeFileSystem.open(path, flags);
      paths.set(fd, path);
      most = Math.max(most, paths.size);
      return fd;
    },
    close(fd) {
      check("close", fd);
      paths.delete(fd);
      nodeFileSystem.close(fd);
    },
    async sync(fd) {
      check("sync", fd);
      const path = paths.get(fd) ?? "";
      const { size } = nodeFileSystem.fileStat(fd);
      await nodeFileSystem.sync(fd);
      check("sync", fd);
      synced.set(path, Math.max(synced.get(path) ?? 0, size));
    },
    write: guard("write"),
    read: guard("read"),
    truncate: guard("truncate"),
    fileStat: guard("fileStat"),
  };
  return {
    fs,
    misuses,
    open: {
      get count() {
        return paths.size;
      },
      get most() {
        return most;
      },
    },
    syncedBytes: (path) => synced.get(path) ?? 0,
  };
}
