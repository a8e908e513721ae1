import createMarkdownIt, { type Env, type MarkdownIt, type Token } from "markdown-it";
import addCjkEmphasis from "markdown-it-cjk-friendly";
import { addAddresses } from "./addresses.ts";
import { addDetails } from "./details.ts";
import { addFootnotes } from "./footnotes.ts";
import { addMath } from "./math.ts";
import { addProducts, addTildes } from "./products.ts";

/**
 * Reads Markdown in two steps: its blocks, and the text inside a block.
 *
 * The second step is the expensive one. It runs only for blocks that are shown anew.
 */
export interface MarkdownParser {
  /** Reads the blocks of a text as a flat list of opening and closing tokens. */
  readonly blocks: (text: string, definitions: Env) => Token[];
  /** Reads the emphasis, links and code of one block. */
  readonly inline: (text: string, definitions: Env) => readonly Token[];
}

/**
 * Creates the parser: markdown-it with CommonMark, tables and strike-out, and what models mean
 * beside it.
 */
export function createParser(): MarkdownParser {
  // People and models alike mean a line break by a line break.
  const md = createMarkdownIt({ html: true, breaks: true });
  md.use(addCjkEmphasis).use(addMath).use(addFootnotes).use(addDetails);
  md.use(addAddresses).use(addProducts).use(addTildes);
  md.inline.ruler.disable("linkify");
  // The blocks are read without the core rules. Those that remain work on one block's text.
  md.core.ruler.disable(["normalize", "block", "strip_references"]);
  return {
    blocks: (text, definitions) => readBlocks(md, text, definitions),
    inline: (text, definitions) => readInline(md, text, definitions),
  };
}

function readBlocks(md: MarkdownIt, text: string, definitions: Env): Token[] {
  const tokens: Token[] = [];
  md.block.parse(text, md, definitions, tokens);
  return tokens;
}

function readInline(md: MarkdownIt, text: string, definitions: Env): readonly Token[] {
  const state = new md.core.State("", md, definitions);
  const token = new state.Token("inline", "", 0);
  token.content = text;
  token.children = [];
  state.tokens = [token];
  md.core.process(state);
  return token.children;
}
