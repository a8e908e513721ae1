import { isAscii, isUtf8 } from "node:buffer";
import { notText } from "../path-error.ts";
import { familiarEncoding, isCyrillic } from "./frequent-characters.ts";

/** The way in which a file keeps its text. */
export interface TextEncoding {
  /** A name that `iconv-lite` knows, such as `UTF-8`, `UTF-16LE`, `GBK` or `Shift_JIS`. */
  readonly name: string;
  /** True if the file begins with a byte order mark. */
  readonly hasMark: boolean;
}

/** Bytes that the detector looks at. Enough for a sure answer. Takes about 20 ms. */
export const SAMPLE_BYTES = 65_536;

/**
 * Detects the encoding of bytes that are not UTF-8 and have no mark. The sample begins at the start
 * of a character.
 *
 * @throws PathError if they are damaged UTF-8 or no text
 */
export async function detectEncoding(sample: Buffer, path: string): Promise<TextEncoding> {
  if (sample.includes(0) || hasControls(sample)) throw notText(path);
  if (isDamagedUtf8(sample)) throw notText(path, "it is UTF-8 with bytes in it that are not");
  const [{ detect }, { default: iconv }] = await Promise.all([import("jschardet"), import("iconv-lite")]);
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

/**
 * Returns the sample that `detectEncoding` looks at: from the 64 KiB with the first byte beyond
 * ASCII on.
 */
export function sampleOf(bytes: Buffer): Buffer {
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

export function utf8Length(leadByte: number): number {
  return leadByte >= 0xf0 ? 4 : leadByte >= 0xe0 ? 3 : 2;
}
