import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";

/** A store on a file system of the test. */
export function openWith(path: string, fs: FileSystem = nodeFileSystem): JsonlStore {
  return new JsonlStore({ fs, path, durability: "os", lockWaitMs: 0 });
}

/** A promise, with the function that resolves it. */
export function signal() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A store that lists its folder at once, and gets the names only after `release`. */
export function heldStore(path: string) {
  const gate = signal();
  const listed = signal();
  const list: FileSystem["list"] = async (folder, endings) => {
    const names = await nodeFileSystem.list(folder, endings);
    if (folder !== path) return names;
    listed.resolve();
    await gate.promise;
    return names;
  };
  const store = openWith(path, { ...nodeFileSystem, list });
  return { store, listed: listed.promise, release: gate.resolve };
}
