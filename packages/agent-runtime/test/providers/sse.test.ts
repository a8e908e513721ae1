import fc from "fast-check";
import { expect, test } from "vitest";
import { createSseReader } from "../../src/providers/http/sse.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ["an event", "event: a\ndata: {}\n\n", ["{}"]],
  ["several", "data: 1\n\ndata: 2\n\n", ["1", "2"]],
  ["Windows line ends", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", ["1", "2"]],
  ["old Macintosh line ends", "data: 1\r\rdata: 2\r\r.", ["1", "2"]],
  ["no space behind the colon", "data:1\n\n", ["1"]],
  ["data of several lines", "data: {\ndata: }\n\n", ["{\n}"]],
  ["data before other fields", "data: 1\nid: 7\n\n", ["1"]],
  ["comments and events without data", ": hi\n\nevent: ping\n\ndata: 1\n\n", ["1"]],
  ["`data:` inside another field", "id: data: no\ndata: yes\n\n", ["yes"]],
  ["an event that has not ended", "data: 1", []],
])("reads %s", (_, stream, expected) => {
  expect(createSseReader().read(bytes(stream))).toEqual(expected);
});

test("reads the same however the stream is cut", () => {
  const stream = bytes(
    'event: a\r\ndata: {"text":"你好 👋"}\r\n\r\n: c\n\ndata: 2\n\ndata: 3\r\n\r\ndata: 4\n\n',
  );
  const whole = createSseReader().read(stream);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: stream.length }), { maxLength: 8 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const reader = createSseReader();
      const pieces = places.slice(1).map((end, index) => stream.subarray(places[index], end));
      expect(pieces.flatMap((piece) => reader.read(piece))).toEqual(whole);
    }),
    { seed: 1 },
  );
});

test("refuses an event without an end", () => {
  const reader = createSseReader();
  const piece = bytes("x".repeat(4 * 1024 * 1024));
  reader.read(piece);
  reader.read(piece);
  expect(() => reader.read(piece)).toThrow("An event is longer than 8388608 characters");
});
