import type { StoredText } from "../../dom/local-storage.ts";
import { isTheme, type Theme } from "../../dom/theme.ts";
import { isLanguage } from "../../language/choose-texts.ts";
import type { Language } from "../../language/texts.ts";

/** The preferences of the reader in this browser. */
export interface Preferences {
  readonly theme: Theme;
  /** Absent while the page uses the browser's language. */
  readonly language: Language | undefined;
  setTheme(theme: Theme): void;
  setLanguage(language: Language): void;
}

export interface PreferencesParts {
  theme: StoredText;
  language: StoredText;
  onTheme: (theme: Theme) => void;
  onLanguage: (language: Language) => void;
}

export function createPreferences(parts: PreferencesParts): Preferences {
  const kept = { theme: parts.theme.read(), language: parts.language.read() };
  let theme: Theme = isTheme(kept.theme) ? kept.theme : "system";
  let language = isLanguage(kept.language) ? kept.language : undefined;
  return {
    get theme() {
      return theme;
    },
    get language() {
      return language;
    },
    setTheme(next) {
      theme = next;
      parts.theme.write(next);
      parts.onTheme(next);
    },
    setLanguage(next) {
      language = next;
      parts.language.write(next);
      parts.onLanguage(next);
    },
  };
}
