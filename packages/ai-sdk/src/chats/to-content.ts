import type { MessageBlock } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import type { ClientMessage, ClientPart } from "./chat-request.ts";

/** The text and the files of a user's message. */
export interface MessageContent {
  content: string;
  blocks: MessageBlock[];
  /** True if it names a file that the session has already. */
  hasSavedFiles: boolean;
}

/** Returns the content of a client's message, or the reason why a file cannot be read. */
export function toContent({ parts }: ClientMessage): MessageContent | string {
  const texts: string[] = [];
  const blocks: MessageBlock[] = [];
  let hasSavedFiles = false;
  for (const part of parts) {
    if (part.type === "text" && typeof part["text"] === "string") texts.push(part["text"]);
    if (part.type !== "file") continue;
    const block = toBlock(part);
    if (typeof block === "string") return block;
    if (block) blocks.push(block);
    else hasSavedFiles = true;
  }
  return { content: texts.join("\n"), blocks, hasSavedFiles };
}

/** Returns nothing for a file that the session has already. */
function toBlock({ url, filename, mediaType }: ClientPart): MessageBlock | string | undefined {
  // The address of a file that the client got from the gateway.
  if (typeof url === "string" && url.startsWith("/")) return undefined;
  const file = typeof url === "string" ? readDataUrl(url, mediaType) : undefined;
  if (!file) return `${mustBe("url", "a data URL with the file", url)} Send the file itself.`;
  const name = typeof filename === "string" && filename !== "" ? { name: filename } : {};
  return { type: file.mediaType.startsWith("image/") ? "image" : "document", ...file, ...name };
}

/** Returns the file of a data URL (RFC 2397), or nothing for another text. */
function readDataUrl(url: string, fallback: unknown): { mediaType: string; data: string } | undefined {
  const [, meta, body] = /^data:([^,]*),(.*)$/s.exec(url) ?? [];
  if (meta === undefined || body === undefined) return undefined;
  const [mediaType, ...parameters] = meta.split(";");
  try {
    const isBase64 = parameters.at(-1) === "base64";
    const data = isBase64 ? body : Buffer.from(decodeURIComponent(body)).toString("base64");
    return { mediaType: mediaType || (typeof fallback === "string" ? fallback : ""), data };
  } catch {
    return undefined;
  }
}
