import { isRecord, type JsonRecord, toText } from "../convert/json.ts";
import { type AnswerLimit, PART_CHARS } from "../http/answer-limit.ts";
import { createThinkTags } from "../openai/think-tags.ts";

export type ItemType = "text" | "reasoning" | "call" | "ignored";

/** An output item while it streams: the pieces, and the whole item once the server sent it. */
export interface OutputItem {
  type: ItemType;
  /** The index of the item among those of its type. */
  index: number;
  /** All that its server streamed of it. */
  text: string;
  /** The parts of the text: said, and thought between tags. */
  said: string;
  thought: string;
  readonly tags: ReturnType<typeof createThinkTags>;
  /** The part of the reasoning that the latest piece belongs to. */
  part: unknown;
  /** True once its server sent all of it. */
  isWhole: boolean;
  /** The characters of a call's text that were shown. */
  shownChars: number;
  item: JsonRecord;
  refusal: string;
}

/** The names by which events refer to an item. Servers may leave out either one. */
export interface ItemRef {
  index?: unknown;
  id?: unknown;
}

/** The output items of an answer, in the order in which they began. */
export class OutputItems {
  readonly all: OutputItem[] = [];
  readonly #byIndex = new Map<unknown, OutputItem>();
  readonly #byId = new Map<unknown, OutputItem>();
  readonly #limit: AnswerLimit;

  constructor(limit: AnswerLimit) {
    this.#limit = limit;
  }

  /** Returns the item that an event is about. An item that never began begins here. */
  open(ref: ItemRef, type: ItemType): OutputItem {
    const item = this.find(ref, type) ?? this.#add(type);
    const id = toText(ref.id);
    if (id !== "") this.#byId.set(id, item);
    if (ref.index !== undefined && ref.index !== null) this.#byIndex.set(ref.index, item);
    return item;
  }

  /** Returns a known item of the type: by its id, its index, or as the latest one. */
  find({ index, id }: ItemRef, type: ItemType): OutputItem | undefined {
    const named = this.#byId.get(toText(id));
    if (named?.type === type) return named;
    const hasIndex = index !== undefined && index !== null;
    const placed = hasIndex ? this.#byIndex.get(index) : this.all.at(-1);
    const isOther = placed && toText(id) !== "" && toText(placed.item["id"] ?? id) !== id;
    return placed?.type === type && !isOther ? placed : undefined;
  }

  /** Returns the items of a type. */
  ofType(type: ItemType): OutputItem[] {
    return this.all.filter((item) => item.type === type);
  }

  #add(type: ItemType): OutputItem {
    this.#limit.addChars(PART_CHARS);
    const index = this.ofType(type).length;
    const texts = { text: "", said: "", thought: "", refusal: "" };
    const state = { tags: createThinkTags(), part: undefined, isWhole: false, shownChars: 0 };
    const item: OutputItem = { type, index, ...texts, ...state, item: {} };
    this.all.push(item);
    return item;
  }
}

export function typeOf(item: unknown): ItemType {
  switch (isRecord(item) ? item["type"] : undefined) {
    case "message":
      return "text";
    case "reasoning":
      return "reasoning";
    case "function_call":
      return "call";
    default:
      return "ignored";
  }
}

/** Stands between the parts of a reasoning: each begins with a heading. */
export const BETWEEN_PARTS = "\n\n";

/** Returns the text of a whole item: of a message, of a summary, or the arguments of a call. */
export function textOf({ type, item }: OutputItem): string {
  if (type === "call") return toText(item["arguments"]);
  const parts = type === "reasoning" ? [item["summary"], item["content"]] : [item["content"]];
  const texts = parts
    .flatMap((part) => (Array.isArray(part) ? (part as unknown[]) : [part]))
    .map((part) => (isRecord(part) ? toText(part["text"] ?? part["refusal"]) : toText(part)));
  return texts.filter((text) => text !== "").join(type === "reasoning" ? BETWEEN_PARTS : "");
}
