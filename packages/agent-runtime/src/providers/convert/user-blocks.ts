import type { UserMessage } from "@mini-openclaw/protocol";

/** A part of a user's message that a model's server accepts. */
export type UserPart = { type: "text"; text: string } | { type: "image"; mediaType: string; data: string };

/**
 * The images that all of the large models' servers take. Source: the guides to vision of Anthropic,
 * OpenAI and Gemini.
 */
const imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/**
 * A larger image is refused with the whole request. The Messages API takes 5 MB of an image. Base64
 * makes 4 bytes of 3.
 */
const MAX_IMAGE_CHARS = Math.floor((5 * 1024 * 1024 * 4) / 3);

/** Stands where a user wrote nothing: servers refuse empty messages. */
const EMPTY = "[empty message]";

/**
 * Returns the parts of a user's message: images, and the text beside them. An image that no server
 * takes becomes a note, because it would be refused in every later request of the session too.
 */
export function toUserParts({ content, blocks = [] }: UserMessage): UserPart[] {
  const parts = blocks.flatMap((block): UserPart[] => {
    if (block.type === "text") return block.text.trim() === "" ? [] : [{ type: "text", text: block.text }];
    return block.type === "image" ? [toImage(block.mediaType, block.data)] : [];
  });
  const hasText = blocks.some(({ type }) => type === "text");
  if (!hasText && content.trim() !== "") parts.push({ type: "text", text: content });
  return parts.length > 0 ? parts : [{ type: "text", text: EMPTY }];
}

function toImage(mediaType: string, data: string): UserPart {
  const type = mediaType
    .trim()
    .toLowerCase()
    .replace(/^image\/jpg$/, "image/jpeg");
  if (!imageTypes.includes(type))
    return leftOut(`its type ${JSON.stringify(mediaType.slice(0, 40))} is none of ${imageTypes.join(", ")}`);
  if (data.length > MAX_IMAGE_CHARS) return leftOut("it is larger than 5 MB");
  if (data === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return leftOut("its data is not base64");
  return { type: "image", mediaType: type, data };
}

function leftOut(reason: string): UserPart {
  return { type: "text", text: `[an image was left out: ${reason}]` };
}
