import {
  type ContentBlock,
  type FileBlock,
  fileBytes,
  isFile,
  type Message,
  type ModelRequest,
} from "@mini-openclaw/protocol";
import { refusalOf } from "../errors/refusals.ts";

/** The files that a model reads: images and PDFs, images only, or none. */
export type FileSupport = "all" | "images" | "none";

export const fileSupports: readonly FileSupport[] = ["all", "images", "none"];

/** Ids of files that are remembered. A conversation has far fewer. */
const MAX_REMEMBERED = 1000;

/**
 * Removes the files that a model's server cannot read from requests. The model gets a line instead.
 *
 * A server names its rule only when it refuses a request. One that takes no images gets none from
 * then on. One that refuses a certain image gets all others.
 */
export class FileFilter {
  #support: FileSupport;
  readonly #accepted = new Set<string>();
  readonly #refused = new Set<string>();

  constructor(support: FileSupport) {
    this.#support = support;
  }

  /** Returns the request without the bytes of files that the server cannot read. */
  apply(request: ModelRequest): ModelRequest {
    if (!request.messages.some((message) => filesIn(message).some((file) => !this.#isSent(file)))) {
      return request;
    }
    return { ...request, messages: request.messages.map((message) => this.#withoutUnread(message)) };
  }

  /** Remembers that the server accepted the files of a request. */
  accept(request: ModelRequest): void {
    for (const id of this.#sentIn(request)) remember(this.#accepted, id);
  }

  /** Learns from a refused request. Returns true if the request without some files may succeed. */
  learn(error: unknown, request: ModelRequest): boolean {
    const reason = refusalOf(error)?.message ?? "";
    const sent = this.#sentIn(request);
    if (sent.size === 0 || !isAboutFiles(reason)) return false;
    if (isAboutSupport(reason) && !isAboutOneFile(reason)) {
      const isAboutDocuments = /\b(?:pdfs?|documents?|files?|file_data|input_file)\b/i.test(reason);
      this.#support =
        this.#support === "all" && isAboutDocuments && !/image|vision/i.test(reason) ? "images" : "none";
      return true;
    }
    // A file that went through before is not the one that the server cannot read.
    const suspects = [...sent].filter((id) => !this.#accepted.has(id));
    for (const id of suspects.length > 0 ? suspects : sent) remember(this.#refused, id);
    return true;
  }

  #sentIn({ messages }: ModelRequest): Set<string> {
    const sent = messages.flatMap(filesIn).filter((file) => file.data !== undefined && this.#isSent(file));
    return new Set(sent.map(idOf));
  }

  #isSent(file: FileBlock): boolean {
    // A text file is sent as text, which every model reads.
    if (file.mediaType === "text/plain" || file.data === undefined) return true;
    const isRead = this.#support === "all" || (this.#support === "images" && file.type === "image");
    return isRead && !this.#refused.has(idOf(file));
  }

  #withoutUnread(message: Message): Message {
    if (filesIn(message).every((file) => this.#isSent(file))) return message;
    const blocks = blocksOf(message).map((block) => {
      if (!isFile(block) || this.#isSent(block)) return block;
      const { data: _, ...file } = block;
      return { ...file, bytes: fileBytes(block) };
    });
    return { ...message, blocks } as Message;
  }
}

function blocksOf(message: Message): readonly ContentBlock[] {
  return ("blocks" in message && message.blocks) || [];
}

function filesIn(message: Message): FileBlock[] {
  return blocksOf(message).filter(isFile);
}

/** Returns a text that two different files hardly share. A digest of megabytes would cost more. */
function idOf({ data = "" }: FileBlock): string {
  const middle = Math.floor(data.length / 2);
  return `${data.length} ${data.slice(middle, middle + 64)} ${data.slice(-64)}`;
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > MAX_REMEMBERED && oldest !== undefined) ids.delete(oldest);
}

/**
 * Returns true for a refusal that speaks of files. Servers that know text only speak of the type of
 * `content`.
 */
function isAboutFiles(reason: string): boolean {
  return /image|vision|multi-?modal|mmproj|media|\bpdf|document|\bfiles?\b|file_data|content must be a string/i.test(
    reason,
  );
}

/**
 * Returns true for a refusal that names a fault of a certain file, such as its format, in words
 * that speak of support too. Sources: marketing-factory/ai-filemetadata#26 and
 * STranslate/STranslate#277 (OpenAI), jezs00/pycasso#72.
 */
function isAboutOneFile(reason: string): boolean {
  return /unsupported (?:image|file|document|pdf)\b(?! inputs?\b)|\bformats?\b|mime|media[ _-]?type|is valid|corrupt/i.test(
    reason,
  );
}

function isAboutSupport(reason: string): boolean {
  return /support|multi-?modal|mmproj|unknown variant|must be a string|at most 0|missing data required|capab|only text|text.only|not enabled|not available/i.test(
    reason,
  );
}
