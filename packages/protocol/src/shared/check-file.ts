import { listOf, mustBe } from "./check-options.ts";

/** The media types of files that messages may have: what the large models read. */
export const fileTypes = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "application/pdf",
  "text/plain",
] as const;

/** A file whose bytes come from outside. */
interface ReceivedFile {
  type: "image" | "document";
  mediaType: string;
  data: string;
}

/** The names and limits that an error text refers to. */
export interface FileCheck {
  /** The name of the block in error texts, such as `blocks[0]`. */
  field: string;
  maxBytes: number;
  /** @default all types that messages may have */
  mediaTypes?: readonly string[];
}

/** The longest beginning of a file in base64 that {@link mediaTypeOf} looks at. */
const HEAD_CHARS = 16;

/**
 * Returns the reason why a file cannot be used, or `undefined`. Checks the media type, the base64,
 * the size, and the first bytes.
 */
export function checkFile(
  file: ReceivedFile,
  { field, maxBytes, mediaTypes = fileTypes }: FileCheck,
): string | undefined {
  const { type, mediaType, data } = file;
  const allowed = mediaTypes.filter((one) => one.startsWith("image/") === (type === "image"));
  if (!allowed.includes(mediaType)) {
    const expected = allowed.length > 0 ? `one of ${listOf(allowed)}` : "of a type that is allowed here";
    return `${mustBe(`${field}.mediaType`, expected, mediaType)} Convert the file.`;
  }
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) {
    return `${mustBe(`${field}.data`, "base64 with padding", data)} Encode the bytes again.`;
  }
  const bytes = (data.length / 4) * 3 - (data.endsWith("==") ? 2 : Number(data.endsWith("=")));
  if (bytes > maxBytes) {
    return `\`${field}.data\` must have at most ${maxBytes} bytes, got ${bytes}. Send a smaller file.`;
  }
  const found = mediaTypeOf(data);
  if (found === mediaType || (mediaType === "text/plain" && found === undefined)) return undefined;
  const actual = found === undefined ? "other bytes" : `those of ${found}`;
  return `\`${field}.data\` must be the bytes of a file of type ${mediaType}, got ${actual}. Correct \`mediaType\`.`;
}

/** Returns the media type that the first bytes of a file in base64 name, or `undefined`. */
export function mediaTypeOf(data: string): (typeof fileTypes)[number] | undefined {
  const head = data.slice(0, HEAD_CHARS);
  // The magic numbers in base64. A character stands for six bits.
  if (head.startsWith("iVBORw0KGgo")) return "image/png";
  if (/^\/9j\//.test(head)) return "image/jpeg";
  if (/^R0lGOD[dl]h/.test(head)) return "image/gif";
  if (/^UklG.{7}XRUJQ/.test(head)) return "image/webp";
  return head.startsWith("JVBERi0") ? "application/pdf" : undefined;
}
