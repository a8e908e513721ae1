/** A piece of an answer: text, or an image that the answer has as a data URI. */
export type AnswerPart = string | { name: string; mediaType: string; data: string };

const IMAGE = /!\[([^\]\n]{0,200})\]\(data:(image\/(?:png|jpeg|gif|webp));base64,/;
/** The beginning of an image, at the end of a text. */
const BEGINNING = /!(?:\[[^\]\n]{0,200}(?:\](?:\([a-z0-9:/;]{0,30})?)?)?$/;

/**
 * Creates a function that splits a streamed answer into text and images. It returns the parts that
 * are complete. Without a chunk, it returns the rest.
 */
export function createImageSplitter(): (chunk?: string) => AnswerPart[] {
  let rest = "";
  let open: { name: string; mediaType: string; pieces: string[] } | undefined;

  /** Adds to the open image. Returns the text behind its end, or `undefined` if it is open. */
  function addToImage(text: string, parts: AnswerPart[]): string | undefined {
    if (!open) return text;
    const end = text.indexOf(")");
    open.pieces.push(end < 0 ? text : text.slice(0, end));
    if (end < 0) return undefined;
    const { name, mediaType, pieces } = open;
    parts.push({ name, mediaType, data: pieces.join("") });
    open = undefined;
    return text.slice(end + 1);
  }

  return (chunk) => {
    const parts: AnswerPart[] = [];
    let text = addToImage(rest + (chunk ?? ""), parts);
    rest = "";
    while (text !== undefined) {
      const image = IMAGE.exec(text);
      if (!image) break;
      const [start, alt = "", mediaType = ""] = image;
      if (image.index > 0) parts.push(text.slice(0, image.index));
      open = { name: alt || "image", mediaType, pieces: [] };
      text = addToImage(text.slice(image.index + start.length), parts);
    }
    if (chunk === undefined && open) {
      parts.push(`[${open.name}: an image that was cut]`);
      open = undefined;
    }
    if (text === undefined || text === "") return parts;
    const beginning = chunk === undefined ? text.length : text.search(BEGINNING);
    const end = beginning < 0 ? text.length : beginning;
    if (end > 0) parts.push(text.slice(0, end));
    rest = text.slice(end);
    return parts;
  };
}
