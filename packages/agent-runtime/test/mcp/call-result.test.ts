import { expect, test } from "vitest";
import { toToolResult } from "../../src/mcp/call-result.ts";

const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(90)]).toString("base64");
const image = (data: string) => ({ content: [{ type: "image", mimeType: "image/png", data }] });

test.each<[string, unknown, string]>([
  ["a text in place of parts", { content: "12 °C" }, "12 °C"],
  ["a part in place of parts", { content: { type: "text", text: "12 °C" } }, "12 °C"],
  ["a number in place of a text", { content: [{ type: "text", text: 12 }] }, "12"],
  ["a text that is absent", { content: [{ type: "text" }, { type: "text", text: "12" }] }, "12"],
  ["fields of its own", { _meta: {}, degrees: 12 }, '{\n  "degrees": 12\n}'],
  ["a value that is no object", 12, "12"],
  ["nothing", undefined, ""],
  ["null", null, ""],
  ["no fields", { isError: false }, ""],
  ["content of null", { content: null }, ""],
])("a result with %s loses nothing", (_, result, output) => {
  expect(toToolResult(result)).toEqual({ success: true, output });
});

test.each([
  ["a data URL", `data:image/png;base64,${png}`],
  ["Base64 in lines", png.replaceAll(/(.{20})/g, "$1\r\n")],
])("an image as %s is one that models see", (_, data) => {
  expect(toToolResult(image(data)).files).toEqual([{ type: "image", mediaType: "image/png", data: png }]);
});
