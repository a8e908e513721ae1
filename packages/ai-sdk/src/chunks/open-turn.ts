import { type AssistantMessageEvent, textOf } from "@mini-openclaw/protocol";
import type { UiChunk } from "../shared/ui-chunk.ts";
import type { FilePart } from "../shared/ui-message.ts";
import { type FileUrl, toFileParts } from "../shared/user-parts.ts";

type Kind = "text" | "reasoning";

/** A turn of the model on its way: the texts and the files of one step. */
export class OpenTurn {
  readonly messageId: string;
  readonly #emit: (chunk: UiChunk) => void;
  readonly #sent = { text: "", reasoning: "" };
  #files: readonly FilePart[] = [];
  /** The part that the next delta continues. */
  #part: Kind | undefined;

  constructor(messageId: string, emit: (chunk: UiChunk) => void) {
    this.messageId = messageId;
    this.#emit = emit;
  }

  /** Emits a delta. It begins a part unless it continues the last one. */
  write(kind: Kind, delta: string): void {
    if (delta === "") return;
    const id = `${this.messageId}:${kind}`;
    if (this.#part !== kind) {
      this.closePart();
      this.#part = kind;
      this.#emit({ type: `${kind}-start`, id });
    }
    this.#sent[kind] += delta;
    this.#emit({ type: `${kind}-delta`, id, delta });
  }

  /** Emits the rest of the turn, without its calls: all of it where nothing was streamed. */
  complete(event: AssistantMessageEvent, fileUrl: FileUrl | undefined): void {
    const { blocks = [] } = event;
    const thinking = blocks.map((block) => (block.type === "thinking" ? block.text : "")).join("");
    const { text, reasoning } = this.#sent;
    if (text === "") this.write("reasoning", restOf(thinking, reasoning));
    this.write("text", restOf(textOf(event), text));
    this.closePart();
    this.#files = toFileParts(event, fileUrl);
    this.#emitFiles();
  }

  closePart(): void {
    if (!this.#part) return;
    this.#emit({ type: `${this.#part}-end`, id: `${this.messageId}:${this.#part}` });
    this.#part = undefined;
  }

  /** Emits the texts and the files from the beginning, in place of all that was emitted. */
  repeat(): void {
    const { text, reasoning } = this.#sent;
    this.#emit({ type: "reset-step" });
    Object.assign(this.#sent, { text: "", reasoning: "" });
    this.#part = undefined;
    this.write("reasoning", reasoning);
    this.write("text", text);
    this.closePart();
    this.#emitFiles();
  }

  #emitFiles(): void {
    for (const { mediaType, url } of this.#files) this.#emit({ type: "file", mediaType, url });
  }
}

/** Returns the part of a whole text after its sent part. A text that differs was sent whole. */
function restOf(whole: string, sent: string): string {
  return whole.startsWith(sent) ? whole.slice(sent.length) : "";
}
