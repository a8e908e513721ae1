import { isAbsolute, relative, sep } from "node:path";

/** The reason why a path cannot be used, in words for the model. */
export class PathError extends Error {}

export function outsideWorkspace(path: string): PathError {
  return new PathError(`${path} is outside the workspace; only files inside it can be used.`);
}

/**
 * An absolute path below `root` as seen from there, or `undefined` if it is not below. Looks at no
 * disk.
 */
export function below(root: string, path: string): string | undefined {
  const seen = relative(root, path);
  return isAbsolute(seen) || seen === ".." || seen.startsWith(`..${sep}`) ? undefined : seen;
}

/** Returns the refusal of a file whose bytes are not text. */
export function notText(
  path: string,
  reason = "its bytes are text in no encoding that is known here",
): PathError {
  return new PathError(`${path} is not a text file: ${reason}. Use \`bash\` to look at it or convert it.`);
}

/** Turns the system's error into a refusal that names the path as it was given. */
export function toPathError(error: unknown, path: string): unknown {
  if (!(error instanceof Error && "code" in error && "syscall" in error)) return error;
  const refused = (message: string) => new PathError(message, { cause: error });
  switch (error.code) {
    case "ENOENT":
      return refused(`There is no file ${path}.`);
    case "EISDIR":
      return refused(`${path} is a folder.`);
    case "ENOTDIR":
      return refused(`A part of ${path} is not a folder.`);
    case "ELOOP":
      return refused(`${path} is a link that cannot be followed.`);
    case "ENXIO":
      return refused(`${path} is not a regular file.`);
    case "ENAMETOOLONG":
      return refused("The path is too long.");
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return refused(`The system does not permit this for ${path} (${error.code}).`);
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return refused(`There is no room on the disk to write ${path} (${error.code}). The file is as it was.`);
    default:
      // The system's own text may name paths of this process.
      return refused(`${path} cannot be used (${String(error.code)}).`);
  }
}
