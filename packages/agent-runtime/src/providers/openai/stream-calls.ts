import type { ModelToolCall } from "@mini-openclaw/protocol";
import { isRecord, type JsonRecord, parseJson, toText } from "../convert/json.ts";
import { newInput, type OpenCall as StreamingCall, toToolCall } from "../convert/tool-call.ts";
import { type AnswerLimit, PART_CHARS } from "../http/answer-limit.ts";
import type { ShownInput } from "../http/ask-model.ts";

interface OpenCall extends StreamingCall {
  id: string;
  name: string;
  lastPiece: string;
}

/** The tool calls of an answer, put together from the pieces in which a server streams them. */
export class StreamedCalls {
  readonly #calls: OpenCall[] = [];
  readonly #byIndex = new Map<unknown, OpenCall>();
  readonly #limit: AnswerLimit;

  constructor(limit: AnswerLimit) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#calls.length;
  }

  /** Adds the `tool_calls` of a delta. Returns the new pieces of their arguments. */
  addAll(pieces: unknown): ShownInput[] {
    const list = Array.isArray(pieces) ? (pieces as unknown[]) : [pieces];
    return list.flatMap((piece) => (isRecord(piece) ? (newInput(this.#add(piece)) ?? []) : []));
  }

  /** Adds a call in the form that came before `tool_calls`. */
  addFunctionCall(call: unknown): ShownInput[] {
    return isRecord(call) ? this.addAll({ index: 0, function: call }) : [];
  }

  finish(): ModelToolCall[] {
    return this.#calls.map(toToolCall);
  }

  #add(piece: JsonRecord): OpenCall {
    const { index, id, function: called, type: _, ...extra } = piece;
    const fields = isRecord(called) ? called : piece;
    const { name, arguments: given = fields["parameters"] } = fields;
    const call = this.#callFor(index ?? undefined, toText(id), toText(name), given);
    call.id ||= toText(id);
    call.name = joinName(call, toText(name));
    for (const field of ["name", "arguments", "parameters"]) delete extra[field];
    if (Object.keys(extra).length > 0) {
      call.extra = { ...call.extra, ...extra };
      this.#limit.addChars(JSON.stringify(extra).length);
    }
    if (isRecord(given)) call.given = given;
    const json = toText(given);
    if (json === "") return call;
    this.#limit.addChars(json.length);
    call.json += json;
    call.lastPiece = json;
    return call;
  }

  /** A piece belongs to the call of its index. Some servers give all calls one index, or none. */
  #callFor(index: unknown, id: string, name: string, given: unknown): OpenCall {
    const known = this.#byIndex.get(index) ?? (index === undefined ? this.#named(id) : undefined);
    const piece = { id, name, given, hasIndex: index !== undefined };
    if (known && !beginsAnother(known, piece)) return known;
    const { length } = this.#calls;
    const call: OpenCall = { id: "", name: "", json: "", lastPiece: "", index: length, shownChars: 0 };
    this.#limit.addChars(PART_CHARS);
    this.#calls.push(call);
    if (index !== undefined) this.#byIndex.set(index, call);
    return call;
  }

  /** Returns the call with this id, else the latest one. */
  #named(id: string): OpenCall | undefined {
    const named = id === "" ? undefined : this.#calls.find((call) => call.id === id);
    return named ?? this.#calls.at(-1);
  }
}

interface Piece {
  id: string;
  name: string;
  given: unknown;
  hasIndex: boolean;
}

/**
 * Returns true if a piece begins another call than that of its index.
 *
 * Another id does so, with a name. Some servers send a new id with each piece of the call of an
 * index. Without ids, a whole call behind a whole call does so.
 */
function beginsAnother(known: OpenCall, { id, name, given, hasIndex }: Piece): boolean {
  if (name === "" || (id !== "" && id === known.id)) return false;
  const goesOn = hasIndex && name === known.name && known.json !== "" && !isWhole(known.json);
  if (id !== "" && known.id !== "") return !goesOn;
  return id === "" && isWhole(known.given ?? known.json) && isWhole(given);
}

function isWhole(json: unknown): boolean {
  return isRecord(json) || (typeof json === "string" && isRecord(parseJson(json)));
}

/** A name comes once, in every piece, in growing pieces, or cut in pieces. */
function joinName({ name, json }: OpenCall, piece: string): string {
  if (piece === "" || piece === name) return name;
  if (piece.startsWith(name)) return piece;
  return json === "" ? name + piece : name;
}
