import type { MarkdownIt } from "markdown-it";

/** Keeps a row of other than two tildes, which strikes nothing out. */
export function addTildes(md: MarkdownIt): void {
  md.inline.ruler.before("strikethrough", "tildes", (state, silent) => {
    const { src, pos, posMax } = state;
    let end = pos;
    while (end < posMax && src[end] === "~") end += 1;
    if (end === pos || end === pos + 2) return false;
    if (!silent) state.pending += src.slice(pos, end);
    state.pos = end;
    return true;
  });
}

/** A star between a number and a number or a name. Chinese letters join without spaces anyway. */
const FACTORS = /^\d\*[\p{sc=Latin}\p{sc=Greek}\p{N}]/u;

/** Keeps the star of a product, such as `10*20*30` or `2*π*r`, which is no emphasis. */
export function addProducts(md: MarkdownIt): void {
  md.inline.ruler.before("emphasis", "product", (state, silent) => {
    const { src, pos, posMax } = state;
    if (src[pos] !== "*" || pos + 1 >= posMax) return false;
    if (!FACTORS.test(src.slice(Math.max(0, pos - 1), pos + 3))) return false;
    if (!silent) state.pending += "*";
    state.pos += 1;
    return true;
  });
}
