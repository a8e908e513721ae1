import type { MessageBlock } from "@mini-openclaw/protocol";
import { cutText, mustBe } from "@mini-openclaw/protocol/shared";
import type { ClientMessage, ClientPart } from "./chat-request.ts";

// The longest name in a message. File systems have longer ones.
const MAX_NAME_CHARS = 200;

/** The text and the files of a user's message. */
export interface MessageContent {
  content: string;
  blocks: MessageBlock[];
}

/** Returns the content of a client's message, or the reason why a part cannot be read. */
export function toContent({ parts }: ClientMessage): MessageContent | string {
  const texts: string[] = [];
  const blocks: MessageBlock[] = [];
  for (const part of parts) {
    if (part.type === "text") {
      const { text } = part;
      if (typeof text !== "string") return mustBe("text` of a part in `parts", "a text", text);
      texts.push(text);
    }
    if (part.type !== "file") continue;
    const block = toBlock(part);
    if (typeof block === "string") return block;
    blocks.push(block);
  }
  const content = texts.join("\n");
  if (content === "" && blocks.length === 0)
    return "`parts` of the last message in `messages` must have a text that is not empty, or a file.";
  return { content, blocks };
}

function toBlock({ url, filename, mediaType }: ClientPart): MessageBlock | string {
  const given = typeof mediaType === "string" ? mediaType : "";
  const file = typeof url === "string" ? readUrl(url, given) : undefined;
  if (!file) {
    const expected = "a data URL, or the address of a file of the chat with the id of its blob";
    return `${mustBe("url", expected, url)} Send the file itself.`;
  }
  const isNamed = typeof filename === "string" && filename !== "";
  const name = isNamed ? { name: cutText(filename, MAX_NAME_CHARS) } : {};
  return { type: file.mediaType.startsWith("image/") ? "image" : "document", ...file, ...name };
}

type File = { mediaType: string } & ({ data: string } | { blob: string });

function readUrl(url: string, mediaType: string): File | undefined {
  if (/^data:/i.test(url)) return readDataUrl(url, mediaType);
  // The address of a file that the client got with the messages of the chat.
  const blob = url.match(/[0-9a-f]{64}/g)?.at(-1);
  return blob === undefined ? undefined : { mediaType, blob };
}

/** Returns the file of a data URL (RFC 2397), or nothing for another text. */
function readDataUrl(url: string, fallback: string): File | undefined {
  const [, meta, body] = /^data:([^,]*),(.*)$/is.exec(url) ?? [];
  if (meta === undefined || body === undefined) return undefined;
  const [mediaType, ...parameters] = meta.toLowerCase().split(";");
  try {
    const isBase64 = parameters.at(-1) === "base64";
    const data = isBase64 ? body : Buffer.from(decodeURIComponent(body)).toString("base64");
    return { mediaType: mediaType || fallback, data };
  } catch {
    return undefined;
  }
}
