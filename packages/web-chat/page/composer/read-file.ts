import type { InlineBlock, Limits } from "@mini-openclaw/protocol";
import { mediaTypeOf } from "@mini-openclaw/protocol/shared";

/** A file that can be sent, or the reason why it cannot. */
export type ReadFile =
  | { readonly is: "ready"; readonly block: FileMessageBlock; readonly bytes: number }
  | { readonly is: "too_large" | "unreadable"; readonly name: string };

/** A part of a message that is a file. */
export type FileMessageBlock = Exclude<InlineBlock, { type: "text" }>;

// The beginning of a file names its type.
const HEAD_BYTES = 18;
// The protocol's limit for a name. The end has the extension.
const MAX_NAME_CHARS = 200;
// As large as models look at an image. Photographs of phones are twice as large.
const MAX_PIXELS = 2048;

/**
 * Reads a file. An image that is too large or of another type becomes a JPEG. Another file becomes
 * a text if it is one.
 */
export async function readFile(
  file: File,
  { maxBlockBytes, mediaTypes }: Limits,
  onProgress: (share: number) => void,
): Promise<ReadFile> {
  const name = file.name.slice(-MAX_NAME_CHARS) || "file";
  const tooLarge = { is: "too_large", name } as const;
  const type = mediaTypeOf(base64Of(await dataUrlOf(file.slice(0, HEAD_BYTES))));
  const isKnown = type !== undefined && mediaTypes.includes(type);
  if (isKnown && file.size <= maxBlockBytes) return ready(file, type, name, onProgress);
  if (type?.startsWith("image/") || file.type.startsWith("image/")) {
    const converted = await toJpeg(file);
    if (converted && converted.size <= maxBlockBytes) return ready(converted, "image/jpeg", name, onProgress);
    if (type?.startsWith("image/") && converted) return tooLarge;
  }
  if (isKnown) return tooLarge;
  if (!mediaTypes.includes("text/plain")) return { is: "unreadable", name };
  if (file.size > maxBlockBytes) return file.type.startsWith("text/") ? tooLarge : { is: "unreadable", name };
  return (await isText(file)) ? ready(file, "text/plain", name, onProgress) : { is: "unreadable", name };
}

async function ready(
  file: Blob,
  mediaType: string,
  name: string,
  onProgress: (share: number) => void,
): Promise<ReadFile> {
  const data = base64Of(await dataUrlOf(file, onProgress));
  if (data === "") return { is: "unreadable", name };
  const type = mediaType.startsWith("image/") ? "image" : "document";
  return { is: "ready", block: { type, mediaType, data, name }, bytes: file.size };
}

function base64Of(dataUrl: string): string {
  return dataUrl.slice(dataUrl.indexOf(",") + 1);
}

/** Rejects if the file cannot be read, for example because it was removed meanwhile. */
function dataUrlOf(file: Blob, onProgress: (share: number) => void = () => {}): Promise<string> {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.addEventListener("progress", ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0));
    reader.addEventListener("load", () => resolve(reader.result as string));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

/** Returns an image as a JPEG on white, or `undefined` if the browser cannot read it. */
async function toJpeg(file: Blob): Promise<Blob | undefined> {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, MAX_PIXELS / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    if (!context) return undefined;
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return await new Promise((resolve) =>
      canvas.toBlob((blob) => resolve(blob ?? undefined), "image/jpeg", 0.85),
    );
  } catch {
    return undefined;
  }
}

async function isText(file: Blob): Promise<boolean> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return !text.includes("\0");
  } catch {
    return false;
  }
}
