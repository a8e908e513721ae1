import { errorCodes } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { chinese } from "../page/language/chinese.ts";
import { english } from "../page/language/english.ts";
import { errorText } from "../page/language/error-text.ts";

test.each([english, chinese])("has a text for every error code of the protocol", ({ errors }) => {
  expect(Object.keys(errorCodes).filter((code) => !Object.hasOwn(errors, code))).toEqual([]);
});

test("has a Chinese text for every English one", () => {
  expect(Object.keys(chinese.errors).toSorted()).toEqual(Object.keys(english.errors).toSorted());
});

test.each([
  [{ code: "QUEUE_FULL", message: "x" }, english.errors["QUEUE_FULL"]],
  [{ code: "MODEL_REJECTED", message: "400: no." }, "The model's server rejected the request. (400: no.)"],
  [{ code: "OWN_CODE", message: "The app's own." }, "The app's own."],
  [{ code: "constructor", message: "x" }, "x"],
])("shows %j as %j", (error, text) => {
  expect(errorText(error, english)).toBe(text);
});
