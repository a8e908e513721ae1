import { isAbsolute, relative, sep } from "node:path";

/** Says in words for the model why a path cannot be used. */
export class PathRefused extends Error {}

export function outsideWorkspace(path: string): PathRefused {
  return new PathRefused(`${path} is outside the workspace; only files inside it can be used.`);
}

/** An absolute path below `root` as seen from there; `undefined` if it is not below. Looks at no disk. */
export function below(root: string, path: string): string | undefined {
  const seen = relative(root, path);
  return isAbsolute(seen) || seen === ".." || seen.startsWith(`..${sep}`) ? undefined : seen;
}

/** The system's error as a refusal, where the path is what is wrong. */
export function refusalOf(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return new PathRefused(`There is no file ${path}.`, { cause: error });
    case "EISDIR":
      return new PathRefused(`${path} is a folder.`, { cause: error });
    case "ENOTDIR":
      return new PathRefused(`A part of ${path} is not a folder.`, { cause: error });
    case "ELOOP":
      return new PathRefused(`${path} is a link that cannot be followed.`, { cause: error });
    case "ENXIO":
      return new PathRefused(`${path} is not a regular file.`, { cause: error });
    case "ENAMETOOLONG":
      return new PathRefused("The path is too long.", { cause: error });
    default:
      return error;
  }
}
