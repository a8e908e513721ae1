import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../settings/usage-error.ts";
import { type GivenMessage, joinTexts, readMessageFile } from "../read-message.ts";

/** A file that is hardly ever a whole message, because a model cannot open it by its path. */
const DROPPED = /\.(?:png|jpe?g|gif|webp|pdf)$/i;

/** The files that go with the next message of a chat. */
export interface Attachments {
  /**
   * Adds the file of a line, and returns it. The line is `/attach FILE`, or the path of an image or
   * a PDF that was dropped on the terminal. Returns `undefined` for another line.
   *
   * @throws UsageError for a file that cannot be read, or that a message cannot have
   */
  add: (line: string) => GivenMessage | undefined;
  /** Returns a message with the files, and removes them. */
  addTo: (text: string) => GivenMessage;
}

/** Creates an empty list of files. */
export function createAttachments(): Attachments {
  let files: GivenMessage[] = [];

  function add(path: string): GivenMessage {
    const file = readMessageFile(path, "/attach");
    files.push(file);
    return file;
  }

  return {
    add(line) {
      const [command = "", given = ""] = line.split(/\s+(.*)/s);
      if (command === "/attach") {
        if (given === "") throw new UsageError("`/attach` needs a file, such as /attach photo.png.");
        return add(regularFile(pathOf(given)));
      }
      const path = pathOf(line);
      const isDropped = isAbsolute(path) && DROPPED.test(path) && existsSync(path);
      return isDropped ? add(regularFile(path)) : undefined;
    },
    addTo(text) {
      const given = files;
      files = [];
      const content = joinTexts([text, ...given.map((file) => file.content)]);
      return { content, blocks: given.flatMap(({ blocks }) => blocks) };
    },
  };
}

/** Reads a path as terminals write it when a file is dropped: quoted, escaped, or a `file:` URL. */
function pathOf(given: string): string {
  const quoted = /^(['"])(.*)\1$/.exec(given)?.[2];
  const path = quoted ?? given.replaceAll(/\\(.)/g, "$1");
  if (path.startsWith("file:///") && URL.canParse(path)) return fileURLToPath(path);
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

/** Refuses devices and pipes, whose end may never come. */
function regularFile(path: string): string {
  if (existsSync(path) && !statSync(path).isFile())
    throw new UsageError(`\`/attach\` must be a file, got ${path}. Choose an image, a PDF or a text file.`);
  return path;
}
