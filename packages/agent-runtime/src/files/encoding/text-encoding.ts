import { isAscii, isUtf8 } from "node:buffer";
import { isWellFormed } from "../../shared/cut-text.ts";
import { PathError } from "../path-error.ts";
import { familiarEncoding, isCyrillic } from "./frequent-characters.ts";

/** The way in which a file keeps its text. */
export interface TextEncoding {
  /** A name that `iconv-lite` knows, such as `UTF-8`, `UTF-16LE`, `GBK` or `Shift_JIS`. */
  readonly name: string;
  /** True if the file begins with a byte order mark. */
  readonly hasMark: boolean;
}

export interface DecodedText {
  text: string;
  encoding: TextEncoding;
}

export const utf8: TextEncoding = { name: "UTF-8", hasMark: false };

/** Bytes that the detector looks at. Enough for a sure answer. Takes about 20 ms. */
export const SAMPLE_BYTES = 65_536;

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
  return isUtf8(bytes) && !bytes.includes(0) && !readMark(bytes);
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
  if (!isUnicode(encoding) && !(await encodeText(text, encoding, path)).equals(bytes)) throw notText(path);
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
 * Detects the encoding of bytes that are not UTF-8 and have no mark. The sample begins at the start
 * of a character.
 *
 * @throws PathError if they are damaged UTF-8 or no text
 */
export async function detectEncoding(sample: Buffer, path: string): Promise<TextEncoding> {
  if (sample.includes(0) || hasControls(sample)) throw notText(path);
  if (isDamagedUtf8(sample)) throw notText(path, "it is UTF-8 with bytes in it that are not");
  const [{ detect }, iconv] = await Promise.all([import("jschardet"), importIconv()]);
  const words = wordsBeyondAscii(sample);
  const familiar = familiarEncoding((name) => iconv.decode(words, name));
  const accents = countAccents(words);
  if (!familiar && accents.isLatin && accents.count < FEW_ACCENTS)
    return { name: "Windows-1252", hasMark: false };
  const detectEncodings = accents.isLatin ? [...multibyteEncodings, ...latinEncodings] : allEncodings;
  const detected = detect(words, { detectEncodings, minimumThreshold: 0 }).encoding;
  if (familiar && !isCyrillic(iconv.decode(words, detected ?? familiar)))
    return { name: familiar, hasMark: false };
  if (detected === null) throw notText(path);
  const decoded = iconv.decode(sample, detected);
  // A narrower encoding, where it reads the same text, cannot write what the file's other readers
  // do not know.
  const name =
    ["Windows-1252", "GBK"].find((one) => iconv.decode(sample, one) === decoded) ??
    (detected === "CP932" ? "Shift_JIS" : detected === "CP949" ? "EUC-KR" : detected);
  return { name, hasMark: false };
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

function utf8Length(leadByte: number): number {
  return leadByte >= 0xf0 ? 4 : leadByte >= 0xe0 ? 3 : 2;
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

/**
 * Returns the sample that `detectEncoding` looks at: from the 64 KiB with the first byte beyond
 * ASCII on.
 */
function sampleOf(bytes: Buffer): Buffer {
  let start = 0;
  while (isAscii(bytes.subarray(start, start + SAMPLE_BYTES)) && start < bytes.length) start += SAMPLE_BYTES;
  return trimSample(bytes.subarray(start, start + SAMPLE_BYTES));
}

/** Ends a full sample at the end of a line, so that it does not end within a character. */
export function trimSample(sample: Buffer): Buffer {
  if (sample.length < SAMPLE_BYTES) return sample;
  const end = sample.lastIndexOf(0x0a);
  return end === -1 ? sample : sample.subarray(0, end + 1);
}

function isUnicode({ name }: TextEncoding): boolean {
  return name.startsWith("UTF-");
}

const multibyteEncodings = ["GB18030", "Big5", "CP932", "EUC-JP", "CP949"];
const latinEncodings = ["Windows-1252", "Windows-1250", "ISO-8859-2", "Windows-1254", "Windows-1257"];
const otherEncodings = ["Windows-1251", "Windows-1253", "Windows-1255", "Windows-1256", "KOI8-R", "TIS-620"];
const allEncodings = [...multibyteEncodings, ...latinEncodings, ...otherEncodings];

/**
 * Fewer accents than this reveal no language. Then Windows-1252 is by far the most
 * common.
 */
const FEW_ACCENTS = 12;

/**
 * Returns the words with bytes beyond ASCII, a line each. What is ASCII would outvote the few
 * others.
 */
function wordsBeyondAscii(sample: Buffer): Buffer {
  const words: Buffer[] = [];
  let start = 0;
  let isPlain = true;
  for (let index = 0; index <= sample.length; index += 1) {
    const byte = sample[index] ?? 0x20;
    if (byte >= 0x80) isPlain = false;
    if (byte > 0x20) continue;
    if (!isPlain) words.push(sample.subarray(start, index), Buffer.from("\n"));
    start = index + 1;
    isPlain = true;
  }
  return Buffer.concat(words);
}

/** Quotes, dashes and signs that Windows-1252 has where ISO-8859-1 has control characters. */
const latinSigns = new Set([0x80, 0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x99]);

/**
 * Counts bytes beyond ASCII. In Latin text most of them stand alone, between ASCII letters.
 * Elsewhere they come in runs.
 */
function countAccents(bytes: Buffer): { count: number; isLatin: boolean } {
  let count = 0;
  let runs = 0;
  let alone = 0;
  let isPossible = true;
  for (const [index, byte] of bytes.entries()) {
    if (byte < 0x80) continue;
    count += 1;
    if (byte < 0xa0 && !latinSigns.has(byte)) isPossible = false;
    if ((bytes[index - 1] ?? 0) >= 0x80) continue;
    runs += 1;
    if ((bytes[index + 1] ?? 0) < 0x80) alone += 1;
  }
  return { count, isLatin: isPossible && alone * 2 >= runs };
}

/**
 * Returns whether there are control characters that no text has. A picture must not pass as
 * Windows-1252.
 */
function hasControls(bytes: Buffer): boolean {
  // Allowed are backspace to carriage return, DOS's end of file, and escape.
  return bytes.some(
    (byte) => byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1a && byte !== 0x1b,
  );
}

/** Returns whether most of what is beyond ASCII is UTF-8, as in a log with one byte lost. */
function isDamagedUtf8(bytes: Buffer): boolean {
  let whole = 0;
  let broken = 0;
  for (let index = 0; index < bytes.length; ) {
    const byte = bytes[index] ?? 0;
    const length = byte < 0x80 ? 1 : byte < 0xc2 ? 0 : utf8Length(byte);
    const isWhole =
      length > 0 && isUtf8(bytes.subarray(index, index + length)) && index + length <= bytes.length;
    if (length !== 1) {
      if (isWhole) whole += 1;
      else broken += 1;
    }
    index += isWhole ? length : 1;
  }
  return whole > broken * 2;
}

function notText(path: string, reason = "its bytes are text in no encoding that is known here"): PathError {
  return new PathError(`${path} is not a text file: ${reason}. Use \`bash\` to look at it or convert it.`);
}

function cannotHold(path: string, character: string, encoding: string): PathError {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const shown = /\p{Surrogate}/u.test(character) ? "half a character" : JSON.stringify(character);
  const advice = "Nothing was written. Leave the character out, or convert the file to UTF-8 first.";
  return new PathError(
    `${path} is encoded as ${encoding}, which cannot hold ${shown} (U+${code}). ${advice}`,
  );
}
