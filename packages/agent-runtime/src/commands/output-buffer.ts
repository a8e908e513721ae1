import { StringDecoder } from "node:string_decoder";
import { omissionMark, wholeHead, wholeTail } from "../shared/cut-text.ts";

/** Collects a program's output: the beginning and the end of it, however much it is. */
export interface OutputBuffer {
  /** Takes bytes in; returns them as text, characters that are not complete yet held back. */
  add(bytes: Buffer): string;
  /** Bytes taken so far. */
  byteLength(): number;
  text(): string;
}

/** Keeps at most `maxChars` UTF-16 units: the first and the last half. */
export function createOutputBuffer(maxChars: number): OutputBuffer {
  const decoder = new StringDecoder("utf8");
  const headChars = Math.ceil(maxChars / 2);
  const tailChars = Math.floor(maxChars / 2);
  let head = "";
  let tail = "";
  let leftOut = 0;
  let bytesTaken = 0;
  return {
    add(bytes) {
      bytesTaken += bytes.length;
      const text = decoder.write(bytes);
      const toHead = wholeHead(text, Math.max(0, headChars - head.length));
      if (tail === "" && leftOut === 0) head += toHead;
      const rest = tail === "" && leftOut === 0 ? text.slice(toHead.length) : text;
      tail += rest;
      const kept = wholeTail(tail, Math.min(tail.length, tailChars));
      leftOut += tail.length - kept.length;
      tail = kept;
      return text;
    },
    byteLength: () => bytesTaken,
    text: () => head + (leftOut > 0 ? omissionMark(leftOut) : "") + tail + decoder.end(),
  };
}
