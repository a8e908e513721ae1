import { expect, test } from "vitest";
import { findMatches } from "../page/dom/find-matches.ts";

test.each([
  ["İİİ hava durumu nedir", "durumu", ["durumu"]],
  ["İstanbul ve istanbul", "istanbul", ["İstanbul", "istanbul"]],
  ["ＡＢＣ と abc", "abc", ["ＡＢＣ", "abc"]],
  ["re\u0301sume\u0301 and résumé", "résumé", ["re\u0301sume\u0301", "résumé"]],
  ["Résumé", "resume", ["Résumé"]],
  ["か\u3099 が か", "が", ["か\u3099", "が"]],
  ["が、か", "か", ["か"]],
  ["각각 가나", "가", ["가"]],
  ["ガギカ", "カ", ["カ"]],
  ["你好，世界", "世界", ["世界"]],
  ["😀 a 😀", "😀", ["😀", "😀"]],
  ["aaaa", "aa", ["aa", "aa"]],
  ["ﬁne", "fi", ["ﬁ"]],
  ["text", "", []],
  ["text", "other", []],
])("marks in %j for %j: %j", (text, searched, marked) => {
  expect(findMatches(text, searched).map(({ start, end }) => text.slice(start, end))).toEqual(marked);
});
