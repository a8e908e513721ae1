import { createHash } from "node:crypto";

type Block = Record<string, unknown>;

/** Tokens of one request, by the rate that the API charges for them. */
export interface CachedTokens {
  read: number;
  written: number;
  input: number;
}

/** Prices of one token relative to a plain one. Source: platform.claude.com, prompt caching. */
const rates = { read: 0.1, written: 1.25, input: 1 };

export function costOf({ read, written, input }: CachedTokens): number {
  return read * rates.read + written * rates.written + input * rates.input;
}

/** The blocks before a breakpoint in which the API looks for an earlier one. */
const LOOK_BACK = 20;

/**
 * Counts what requests read from a prompt cache by the API's rules, and from a perfect one. The
 * perfect one has every beginning that was ever sent. Four bytes are a token.
 */
export function createPromptCache() {
  const written = new Set<string>();
  const sent = new Set<string>();
  return (body: Block): { real: CachedTokens; perfect: CachedTokens } => {
    const blocks = blocksOf(body);
    const sum = (from: number, to: number) =>
      blocks.slice(from, to).reduce((total, { tokens }) => total + tokens, 0);
    const marks = blocks.flatMap(({ isMarked }, index) => (isMarked ? [index] : []));
    if (marks.length > 4) throw new Error("The API allows four breakpoints.");
    const found = marks.map((mark) =>
      blocks.findLastIndex(({ key }, at) => at <= mark && at > mark - LOOK_BACK && written.has(key)),
    );
    const read = Math.max(-1, ...found);
    const last = marks.at(-1) ?? -1;
    const known = blocks.findLastIndex(({ key }) => sent.has(key));
    for (const mark of marks) written.add(blocks[mark]?.key ?? "");
    for (const { key } of blocks) sent.add(key);
    const end = Math.max(read, last) + 1;
    return {
      real: { read: sum(0, read + 1), written: sum(read + 1, end), input: sum(end, blocks.length) },
      perfect: { read: sum(0, known + 1), written: sum(known + 1, blocks.length), input: 0 },
    };
  };
}

/** The blocks in the order of the cache. Tool choice and thinking are part of the messages' key. */
function blocksOf(body: Block) {
  const { tools = [], system = [], messages, tool_choice, thinking } = body as Record<string, Block[]>;
  const all: { block: Block; role?: unknown }[] = [
    ...(tools as Block[]).map((block) => ({ block })),
    ...(system as Block[]).map((block) => ({ block })),
    ...(messages as Block[]).flatMap(({ role, content }) =>
      (content as Block[]).map((block) => ({ block, role })),
    ),
  ];
  let key = "";
  return all.map(({ block: { cache_control, ...block }, role }, index) => {
    const isFirstMessage = role !== undefined && all[index - 1]?.role === undefined;
    const text = JSON.stringify([role, block, isFirstMessage ? [tool_choice, thinking] : undefined]);
    key = createHash("sha1")
      .update(key + text)
      .digest("hex");
    return { key, tokens: Math.ceil(Buffer.byteLength(text) / 4), isMarked: cache_control !== undefined };
  });
}
