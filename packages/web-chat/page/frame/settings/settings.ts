import { element } from "../../dom/elements.ts";
import { icon } from "../../dom/icons.ts";
import type { Theme } from "../../dom/theme.ts";
import type { Language, Texts } from "../../language/texts.ts";
import { createChoice } from "./choice.ts";
import type { Preferences } from "./preferences.ts";

const THEMES: readonly Theme[] = ["light", "dark", "system"];

/**
 * Creates the choices of theme and language, and the buttons that open dialogs. Each language has
 * its own name.
 */
export function createSettings(
  texts: Texts,
  preferences: Preferences,
  openers: readonly HTMLElement[],
): HTMLElement {
  const theme = createChoice({
    name: "theme",
    label: texts.theme,
    options: THEMES.map((value) => ({ value, label: texts.themes[value], face: icon(value) })),
    chosen: preferences.theme,
    onChoose: (value) => preferences.setTheme(value),
  });
  const language = createChoice<Language>({
    name: "language",
    label: texts.languageChoice,
    options: [
      { value: "en", label: "English", language: "en" },
      { value: "zh-CN", label: "中文", language: "zh-CN" },
    ],
    chosen: texts.language,
    onChoose: (value) => preferences.setLanguage(value),
  });
  return element("div", "settings", theme, language, element("div", "choice", ...openers));
}
