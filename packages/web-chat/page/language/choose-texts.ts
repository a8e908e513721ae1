import { chinese } from "./chinese.ts";
import { english } from "./english.ts";
import type { Language, Texts } from "./texts.ts";

export function isLanguage(text: string | undefined): text is Language {
  return text === "en" || text === "zh-CN";
}

/** Returns the texts in the first of the reader's languages that the page has, or in English. */
export function chooseTexts(languages: readonly string[]): Texts {
  for (const language of languages) {
    if (/^zh\b/i.test(language)) return chinese;
    if (/^en\b/i.test(language)) return english;
  }
  return english;
}
