import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { ContentBlock, FileBlock } from "@mini-openclaw/protocol";
import { oneLine } from "../safe-text.ts";
import { drawImage, imageProtocolOf } from "./draw-image.ts";

const extensions: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "image/webp": "webp",
  "image/svg+xml": "svg",
  "application/pdf": "pdf",
  "text/plain": "txt",
};

/**
 * Prints a line for each file of some blocks, and draws the images if the terminal can. `source`
 * is the tool, or another part of the chat.
 */
export type PrintFiles = (blocks: readonly ContentBlock[], source: string) => Promise<void>;

/**
 * Creates the function that prints files. A copy of each file is in a private folder until the
 * process ends, so that another program can open it. `loadBlob` loads the bytes that a block only
 * names.
 */
export function createFilePrinter(loadBlob: (blob: string) => Promise<Buffer>): PrintFiles {
  const { stdout } = process;
  const protocol = imageProtocolOf(stdout);
  const save = createCopies();

  async function print(block: FileBlock, source: string): Promise<void> {
    const { type, data, blob = "", mediaType, name = "file" } = block;
    const bytes = data === undefined ? await loadBlob(blob) : Buffer.from(data, "base64");
    const isDrawn = protocol !== undefined && type === "image";
    const drawn = isDrawn ? drawImage({ bytes, mediaType, name }, protocol, stdout.columns) : undefined;
    const label = `[${source}] ${oneLine(name)}, ${oneLine(mediaType)}, ${sizeOf(bytes.length)}`;
    stdout.write(`${label}: ${save(bytes, mediaType)}\n${drawn ?? ""}`);
  }

  return async (blocks, source) => {
    for (const block of blocks) {
      if (block.type !== "image" && block.type !== "document") continue;
      try {
        await print(block, source);
      } catch (error) {
        console.error(`[${source}] A file cannot be printed: ${oneLine(String(error))}`);
      }
    }
  };
}

/** Creates the function that saves a copy and returns its address. */
function createCopies(): (bytes: Buffer, mediaType: string) => string {
  let folder: string | undefined;
  let count = 0;

  function createFolder(): string {
    const path = mkdtempSync(join(tmpdir(), "mini-openclaw-"));
    process.once("exit", () => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  return (bytes, mediaType) => {
    folder ??= createFolder();
    count += 1;
    // The name is ours, because that of the file may be anything.
    const path = join(folder, `${count}.${extensions[mediaType] ?? "bin"}`);
    writeFileSync(path, bytes, { mode: 0o600 });
    return pathToFileURL(path).href;
  };
}

function sizeOf(bytes: number): string {
  return bytes < 1000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`;
}
