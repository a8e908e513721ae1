import { type ContentBlock, describeFile, type FileBlock, filesOf, isFile } from "@mini-openclaw/protocol";

/** A part of a message that a model's server accepts. */
export type MessagePart = { type: "text"; text: string } | SentFile;

/** A file with its bytes: an image, or a PDF. */
export interface SentFile {
  type: "image" | "document";
  mediaType: string;
  /** The bytes in base64. */
  data: string;
  name: string | undefined;
}

/**
 * The images that all of the large models' servers take. Source: the guides to vision of Anthropic,
 * OpenAI and Gemini.
 */
const imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/**
 * A larger file is refused with the whole request. The Messages API takes 5 MB of an image. Base64
 * makes 4 bytes of 3.
 */
const MAX_FILE_CHARS = Math.ceil((5 * 1024 * 1024) / 3) * 4;

/** Stands where a user wrote nothing: servers refuse empty messages. */
const EMPTY = "[empty message]";

interface MessageWithBlocks {
  content: string;
  blocks?: readonly ContentBlock[];
}

/**
 * Returns the parts of a user's message: files, and the text beside them. A file that the model
 * cannot get becomes a line, because it would be refused in every later request of the session too.
 */
export function toUserParts(message: MessageWithBlocks): MessagePart[] {
  const parts = toParts(message);
  return parts.length > 0 ? parts : [{ type: "text", text: EMPTY }];
}

/** Returns the parts of a tool's result. A result without files is its text. */
export function toResultParts(message: MessageWithBlocks): MessagePart[] {
  if (filesOf(message)) return toParts(message);
  return message.content === "" ? [] : [{ type: "text", text: message.content }];
}

function toParts({ content, blocks = [] }: MessageWithBlocks): MessagePart[] {
  const parts = blocks.flatMap((block): MessagePart[] => {
    if (block.type === "text") return block.text.trim() === "" ? [] : [{ type: "text", text: block.text }];
    return isFile(block) ? [toFilePart(block)] : [];
  });
  const hasText = blocks.some(({ type }) => type === "text");
  if (!hasText && content.trim() !== "") parts.push({ type: "text", text: content });
  return parts;
}

function toFilePart(file: FileBlock): MessagePart {
  const { name, data } = file;
  const mediaType = file.mediaType
    .trim()
    .toLowerCase()
    .replace(/^image\/jpg$/, "image/jpeg");
  if (data === undefined) return { type: "text", text: `${describeFile(file)} (you cannot see this file)` };
  if (file.type === "document" && mediaType === "text/plain") {
    const text = Buffer.from(data, "base64").toString("utf8");
    return { type: "text", text: `${describeFile(file)}\n${text}` };
  }
  const types = file.type === "image" ? imageTypes : ["application/pdf"];
  if (!types.includes(mediaType)) {
    const actual = JSON.stringify(file.mediaType.slice(0, 40));
    return leftOut(file, `its type ${actual} is none of ${types.join(", ")}`);
  }
  if (data.length > MAX_FILE_CHARS) return leftOut(file, "it is larger than 5 MB");
  if (data === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return leftOut(file, "its data is not base64");
  return { type: file.type, mediaType, data, name };
}

function leftOut({ type }: FileBlock, reason: string): MessagePart {
  return { type: "text", text: `[${type === "image" ? "an image" : "a document"} was left out: ${reason}]` };
}
