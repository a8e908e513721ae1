import type { Limits } from "@mini-openclaw/protocol";
import { type FileMessageBlock, type ReadFile, readFile } from "./read-file.ts";

/** A file that waits to be sent with the next message. */
export interface Attachment {
  readonly name: string;
  /** The share of the file that was read, from 0 to 1. */
  readonly progress: number;
  /** Absent until the file was read. */
  readonly block?: FileMessageBlock;
  readonly bytes?: number;
}

/** The reason why a file was not attached. */
export type AttachProblem =
  | Exclude<ReadFile, { is: "ready" }>
  | { readonly is: "too_many" | "too_large_together" };

// Room for the text and the other fields of a message's frame.
const TEXT_BYTES = 65_536;

/** The files that wait to be sent, per session. They do not survive a reload of the page. */
export class Attachments {
  readonly #lists = new Map<string, Attachment[]>();
  #address = "";

  /** The attachments of the open session. */
  get items(): readonly Attachment[] {
    return this.#lists.get(this.#address) ?? [];
  }

  /** True while a file is being read. */
  get isReading(): boolean {
    return this.items.some(({ block }) => block === undefined);
  }

  /** The files that were read. */
  get blocks(): FileMessageBlock[] {
    return this.items.flatMap(({ block }) => block ?? []);
  }

  /** Opens a session by its address. */
  open(address: string): void {
    this.#address = address;
  }

  /** Moves the attachments to the address that a new session got. */
  move(address: string): void {
    const items = this.#lists.get(this.#address);
    if (!items || address === this.#address) return this.open(address);
    this.#lists.delete(this.#address);
    this.#lists.set(address, items);
    this.#address = address;
  }

  /** Reads files and adds them. Calls `onChange` on each progress. Returns the problems. */
  async add(files: readonly File[], limits: Limits, onChange: () => void): Promise<AttachProblem[]> {
    const list = this.#listOf(this.#address);
    const problems: AttachProblem[] = [];
    for (const file of files) {
      if (list.length >= limits.maxBlocks) {
        problems.push({ is: "too_many" });
        break;
      }
      const problem = await this.#read(file, list, { limits, onChange });
      if (problem) problems.push(problem);
      onChange();
    }
    return problems;
  }

  remove(item: Attachment): void {
    const list = this.#listOf(this.#address);
    const index = list.indexOf(item);
    if (index >= 0) list.splice(index, 1);
  }

  /** Removes all attachments of the open session. */
  clear(): void {
    this.#lists.delete(this.#address);
  }

  #listOf(address: string): Attachment[] {
    const list = this.#lists.get(address) ?? [];
    this.#lists.set(address, list);
    return list;
  }

  async #read(
    file: File,
    list: Attachment[],
    { limits, onChange }: { limits: Limits; onChange: () => void },
  ): Promise<AttachProblem | undefined> {
    let item: Attachment = { name: file.name, progress: 0 };
    list.push(item);
    /** Returns false if the user removed the file meanwhile. */
    const replace = (next: Attachment | undefined): boolean => {
      const index = list.indexOf(item);
      if (index < 0) return false;
      list.splice(index, 1, ...(next ? [next] : []));
      if (next) item = next;
      return true;
    };
    onChange();
    const onProgress = (progress: number) => {
      if (replace({ ...item, progress })) onChange();
    };
    const read = await readFile(file, limits, onProgress).catch(
      () => ({ is: "unreadable", name: file.name }) as const,
    );
    if (read.is !== "ready") {
      replace(undefined);
      return read;
    }
    const others = list.reduce((sum, { block }) => sum + (block?.data.length ?? 0), 0);
    if (others + read.block.data.length > limits.maxFrameBytes - TEXT_BYTES) {
      replace(undefined);
      return { is: "too_large_together" };
    }
    replace({ ...item, progress: 1, block: read.block, bytes: read.bytes });
    return undefined;
  }
}

/** Returns the bytes that all files of a message may have together. */
export function maxTotalBytes({ maxFrameBytes }: Limits): number {
  return Math.floor(((maxFrameBytes - TEXT_BYTES) * 3) / 4);
}
