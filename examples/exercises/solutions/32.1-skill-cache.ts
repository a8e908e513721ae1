/** The parts of the file system that the cache uses. */
export interface Files {
  /** Returns the time of the last change, in milliseconds. */
  mtime(path: string): Promise<number>;
  read(path: string): Promise<string>;
}

/**
 * Returns a function that reads skill files. A file that has not changed since the last call is not
 * read again. A file that cannot be read is left out.
 */
export function createSkillCache(files: Files): (paths: readonly string[]) => Promise<string[]> {
  const known = new Map<string, { mtime: number; text: string }>();
  const load = async (path: string): Promise<string[]> => {
    try {
      const mtime = await files.mtime(path);
      const before = known.get(path);
      if (before?.mtime === mtime) return [before.text];
      const text = await files.read(path);
      known.set(path, { mtime, text });
      return [text];
    } catch {
      known.delete(path);
      return [];
    }
  };
  return async (paths) => (await Promise.all(paths.map(load))).flat();
}
