import { expect, test } from "vitest";
import { type AnswerPart, createImageSplitter } from "../../src/cli/chat/split-images.ts";

const image = { name: "Four bars", mediaType: "image/png", data: "aGVsbG8=" };
const markdown = "![Four bars](data:image/png;base64,aGVsbG8=)";

/** Joins neighbouring texts, because their borders do not matter. */
function partsOf(chunks: readonly string[]): AnswerPart[] {
  const split = createImageSplitter();
  const parts = [...chunks.flatMap((chunk) => split(chunk)), ...split()];
  return parts.reduce<AnswerPart[]>((joined, part) => {
    const last = joined.at(-1);
    const isText = typeof part === "string" && typeof last === "string";
    return isText ? [...joined.slice(0, -1), last + part] : [...joined, part];
  }, []);
}

test.each([1, 2, 3, 7, 100])("finds images in chunks of %i characters", (size) => {
  const text = `Before ${markdown} between${markdown}${markdown}`;
  const chunks = text.match(new RegExp(`.{1,${size}}`, "gs")) ?? [];

  expect(partsOf(chunks)).toEqual(["Before ", image, " between", image, image]);
});

test.each([
  "no image!",
  "![a link](https://example.com/a.png) and more",
  "![half",
  "!",
  "a ![b]\n(c)",
  "![x](data:text/html;base64,AAAA)",
])("leaves %j as it is", (text) => {
  expect(partsOf([text])).toEqual([text]);
  expect(partsOf(text.split(""))).toEqual([text]);
});

test("returns a text at once unless an image may begin in it", () => {
  const split = createImageSplitter();

  expect(split("Hello")).toEqual(["Hello"]);
  expect(split(" there ![")).toEqual([" there "]);
  expect(split("not an image]")).toEqual([]);
  expect(split(" really")).toEqual(["![not an image] really"]);
});

test("names an image that was cut", () => {
  expect(partsOf(["Look: ![Bars](data:image/png;base64,aGVs"])).toEqual([
    "Look: [Bars: an image that was cut]",
  ]);
});
