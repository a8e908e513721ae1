import type { ContentBlock, FileBlock } from "./messages.ts";

interface WithBlocks {
  content: string;
  blocks?: readonly ContentBlock[] | undefined;
}

/** Returns true for an image or a document. */
export function isFile(block: ContentBlock): block is FileBlock {
  return block.type === "image" || block.type === "document";
}

/** Returns the images and documents of a message, or `undefined` if it has none. */
export function filesOf({ blocks }: Pick<WithBlocks, "blocks">): FileBlock[] | undefined {
  return blocks?.some(isFile) ? blocks.filter(isFile) : undefined;
}

/**
 * Returns the text of a user's or a tool's message without the lines that describe its files. Those
 * lines are in `content` only.
 */
export function textOf({ content, blocks }: WithBlocks): string {
  const texts = blocks?.some(isFile)
    ? blocks.flatMap((block) => (block.type === "text" ? block.text : []))
    : [];
  return texts.length > 0 ? texts.filter(Boolean).join("\n\n") : content;
}

/** Returns the number of bytes of a file. */
export function fileBytes({ bytes, data = "" }: FileBlock): number {
  const padding = data.endsWith("==") ? 2 : Number(data.endsWith("="));
  return bytes ?? Math.floor(((data.length - padding) * 3) / 4);
}

/** Returns a line for readers that cannot show the file, such as `[image: cat.png, 120 kB]`. */
export function describeFile(file: FileBlock): string {
  const { type, name, mediaType } = file;
  return `[${type}: ${name ?? mediaType}, ${formatBytes(fileBytes(file))}]`;
}

function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
