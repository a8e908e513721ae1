import { isUtf8 } from "node:buffer";
import { isWellFormed } from "../../shared/cut-text.ts";
import { notText, PathError } from "../path-error.ts";
import { detectEncoding, sampleOf, type TextEncoding, utf8Length } from "./detect-encoding.ts";

export interface DecodedText {
  text: string;
  encoding: TextEncoding;
}

export const utf8: TextEncoding = { name: "UTF-8", hasMark: false };

const marks = [
  { name: "UTF-8", bytes: Buffer.from([0xef, 0xbb, 0xbf]) },
  { name: "UTF-16LE", bytes: Buffer.from([0xff, 0xfe]) },
  { name: "UTF-16BE", bytes: Buffer.from([0xfe, 0xff]) },
];

/** Returns the encoding that a byte order mark at the start names, and the mark's length. */
export function readMark(bytes: Buffer): { encoding: TextEncoding; length: number } | undefined {
  const mark = marks.find((one) => bytes.subarray(0, one.bytes.length).equals(one.bytes));
  return mark && { encoding: { name: mark.name, hasMark: true }, length: mark.bytes.length };
}

/** Returns true for text in UTF-8 without a byte order mark, as nearly every file is. */
export function isPlainUtf8(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.includes(0) && !bytes.includes(ESCAPE) && !readMark(bytes);
}

/**
 * Decodes a whole text: by its mark, else as UTF-8, else by detection. Encoding the result gives
 * the same bytes.
 *
 * @throws PathError if the bytes are not text, or would not survive being written back
 */
export async function decodeText(bytes: Buffer, path: string): Promise<DecodedText> {
  const mark = readMark(bytes);
  const encoding = mark?.encoding ?? (isUtf8(bytes) ? utf8 : await detectEncoding(sampleOf(bytes), path));
  const decoder = await createDecoder(encoding, path);
  const text = decoder.write(bytes.subarray(mark?.length ?? 0)) + decoder.end();
  if (!isUnicode(encoding) && !(await importIconv()).encode(text, encoding.name).equals(bytes))
    throw notText(path);
  return { text, encoding };
}

/**
 * Encodes a text, with its mark.
 *
 * @throws PathError if the encoding has no bytes for a character
 */
export async function encodeText(text: string, encoding: TextEncoding, path: string): Promise<Buffer> {
  if (!isWellFormed(text)) {
    throw cannotHold(path, /\p{Surrogate}/u.exec(text)?.[0] ?? "", encoding.name);
  }
  const mark = encoding.hasMark ? marks.find(({ name }) => name === encoding.name) : undefined;
  if (!isUnicode(encoding)) return await encodeLegacy(text, encoding.name, path);
  const bytes = encoding.name === "UTF-8" ? Buffer.from(text) : Buffer.from(text, "utf16le");
  if (encoding.name === "UTF-16BE") bytes.swap16();
  return mark ? Buffer.concat([mark.bytes, bytes]) : bytes;
}

/**
 * Begins the sequences that change the characters in ISO-2022-JP and its like. Their bytes are
 * ASCII, so that text written into them as UTF-8 would damage them.
 */
const ESCAPE = "\u001b$";
const characterSet = /^(?:[@AB]|[()*+][@-~])/;

function isIso2022(text: string): boolean {
  return text
    .split(ESCAPE)
    .slice(1)
    .some((rest) => characterSet.test(rest));
}

/** Decodes a text piece by piece. Throws PathError at what is not text. */
export interface Decoder {
  write(bytes: Buffer): string;
  end(): string;
}

export async function createDecoder({ name }: TextEncoding, path: string): Promise<Decoder> {
  const decoder = name === "UTF-8" ? createUtf8Decoder() : await createOtherDecoder(name);
  const check = (decode: () => string) => {
    let text: string | undefined;
    try {
      text = decode();
    } catch {
      // The decoder met bytes that are not text in its encoding.
    }
    if (text === undefined || text.includes("\0")) throw notText(path);
    if (isIso2022(text)) throw notText(path, "it is encoded as ISO-2022");
    return text;
  };
  return { write: (bytes) => check(() => decoder.write(bytes)), end: () => check(() => decoder.end()) };
}

/** Many times as fast as a strict `TextDecoder` on Node 20. */
function createUtf8Decoder(): Decoder {
  let rest = Buffer.alloc(0);
  const decode = (bytes: Buffer) => {
    if (!isUtf8(bytes)) throw new Error("The bytes are not UTF-8.");
    return bytes.toString("utf8");
  };
  return {
    write(piece) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece;
      const end = bytes.length - unfinishedBytes(bytes);
      rest = Buffer.from(bytes.subarray(end));
      return decode(bytes.subarray(0, end));
    },
    end: () => decode(rest),
  };
}

/** Bytes at the end that begin a character and do not finish it. */
function unfinishedBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < utf8Length(byte) ? back : 0;
  }
  return 0;
}

async function createOtherDecoder(name: string): Promise<Decoder> {
  if (name.startsWith("UTF-16")) {
    const decoder = new TextDecoder(name, { fatal: true, ignoreBOM: true });
    return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
  }
  const decoder = (await importIconv()).getDecoder(name);
  const check = (text: string | undefined) => {
    if (text?.includes("\uFFFD")) throw new Error(`The bytes are not ${name}.`);
    return text ?? "";
  };
  return { write: (bytes) => check(decoder.write(bytes)), end: () => check(decoder.end()) };
}

async function encodeLegacy(text: string, name: string, path: string): Promise<Buffer> {
  const iconv = await importIconv();
  const bytes = iconv.encode(text, name);
  if (iconv.decode(bytes, name) === text) return bytes;
  for (const character of text) {
    if (iconv.decode(iconv.encode(character, name), name) !== character)
      throw cannotHold(path, character, name);
  }
  throw notText(path);
}

/** Imported on first use: costs 10 ms, and most files are UTF-8. */
async function importIconv() {
  return (await import("iconv-lite")).default;
}

function isUnicode({ name }: TextEncoding): boolean {
  return name.startsWith("UTF-");
}

function cannotHold(path: string, character: string, encoding: string): PathError {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const shown = /\p{Surrogate}/u.test(character) ? "half a character" : JSON.stringify(character);
  const advice = "Nothing was written. Leave the character out, or convert the file to UTF-8 first.";
  return new PathError(
    `${path} is encoded as ${encoding}, which cannot hold ${shown} (U+${code}). ${advice}`,
  );
}
