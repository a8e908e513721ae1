import { StringDecoder } from "node:string_decoder";
import { omissionMark, wholeHead, wholeTail } from "../shared/cut-text.ts";
import { createTerminalText } from "./terminal-text.ts";

/**
 * Collects a program's output as text for a model: the beginning and the end of it, however much it
 * is.
 */
export interface OutputBuffer {
  /** Adds bytes. Returns them as text as it came, without characters that are not complete yet. */
  add(bytes: Buffer): string;
  /** Returns the bytes added since the last `take`. */
  byteLength(): number;
  /** Returns what was added since the last call, and forgets it. */
  take(): string;
}

/** Creates a buffer that keeps at most `maxChars` UTF-16 units: the first and the last half. */
export function createOutputBuffer(maxChars: number): OutputBuffer {
  const decoder = new StringDecoder("utf8");
  const terminal = createTerminalText();
  const headChars = Math.ceil(maxChars / 2);
  const tailChars = Math.floor(maxChars / 2);
  let kept = { head: "", tail: "", leftOut: 0, bytes: 0 };
  const keep = (text: string) => {
    const isHeadOpen = kept.tail === "" && kept.leftOut === 0;
    const toHead = isHeadOpen ? wholeHead(text, Math.max(0, headChars - kept.head.length)) : "";
    kept.head += toHead;
    const tail = kept.tail + text.slice(toHead.length);
    kept.tail = wholeTail(tail, Math.min(tail.length, tailChars));
    kept.leftOut += tail.length - kept.tail.length;
  };
  return {
    add(bytes) {
      const text = decoder.write(bytes);
      kept.bytes += bytes.length;
      keep(terminal.write(text));
      return text;
    },
    byteLength: () => kept.bytes,
    take() {
      keep(terminal.write(decoder.end()) + terminal.end());
      const { head, tail, leftOut } = kept;
      kept = { head: "", tail: "", leftOut: 0, bytes: 0 };
      return head + (leftOut > 0 ? omissionMark(leftOut) : "") + tail;
    },
  };
}
