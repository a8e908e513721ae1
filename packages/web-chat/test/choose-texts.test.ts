import { errorCodes } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { chooseTexts } from "../page/language/choose-texts.ts";

test.each([
  [["zh-CN", "en"], "zh-CN"],
  [["zh"], "zh-CN"],
  [["zh-Hant-TW"], "zh-CN"],
  [["en-GB", "zh"], "en"],
  [["de", "zh-CN", "en"], "zh-CN"],
  [["de"], "en"],
  [[], "en"],
])("reads %j as %s", (languages, expected) => {
  expect(chooseTexts(languages).language).toBe(expected);
});

test("explains the same errors in both languages, and only codes that exist", () => {
  const english = Object.keys(chooseTexts(["en"]).errors);

  expect(Object.keys(chooseTexts(["zh"]).errors)).toEqual(english);
  expect(english.filter((code) => !(code in errorCodes))).toEqual([
    ...["CONNECTION_LOST", "TOO_MANY_REQUESTS", "MESSAGE_TOO_LONG", "OUTBOX_FULL"],
  ]);
});
