import { isRecord } from "@mini-openclaw/protocol/shared";

/** A file of a model's message: its bytes in base64, or only its address. */
export type GraphFile =
  | { readonly mediaType: string; readonly data: string; readonly name?: string | undefined }
  | { readonly type: string; readonly url: string };

const fileTypes = new Set<unknown>(["image", "file", "audio", "video", "image_url", "inlineData"]);

/**
 * Returns the files of a message of LangChain. `contentBlocks` has the forms of many providers as
 * one, since `@langchain/core` 1.0. The forms of others are read as they are.
 */
export function graphFilesOf({
  content,
  contentBlocks,
}: {
  content: unknown;
  contentBlocks?: unknown;
}): GraphFile[] {
  const blocks = Array.isArray(contentBlocks) ? contentBlocks : content;
  return Array.isArray(blocks) ? blocks.flatMap((block: unknown) => toFile(block) ?? []) : [];
}

function toFile(block: unknown): GraphFile | undefined {
  if (!isRecord(block) || !fileTypes.has(block["type"])) return undefined;
  const { inlineData, metadata } = block;
  const fields = isRecord(inlineData) ? inlineData : block;
  const { mimeType, mime_type = mimeType, data } = fields;
  const mediaType = String(mime_type);
  const { filename, name = filename } = isRecord(metadata) ? metadata : {};
  const named = typeof name === "string" && name !== "" ? { name } : {};
  if (typeof data === "string") return { mediaType, data, ...named };
  if (data instanceof Uint8Array) return { mediaType, data: Buffer.from(data).toString("base64"), ...named };
  return fromUrl(urlOf(block), String(block["type"]));
}

function urlOf({ url, image_url: image }: Record<string, unknown>): unknown {
  return url ?? (isRecord(image) ? image["url"] : image);
}

function fromUrl(url: unknown, type: string): GraphFile | undefined {
  if (typeof url !== "string") return undefined;
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/is.exec(url) ?? [];
  if (mediaType !== undefined && data !== undefined) return { mediaType, data };
  return { type: type === "image_url" ? "image" : type, url };
}
