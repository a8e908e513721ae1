/** The brightness of the page. `system` follows the device. */
export type Theme = "light" | "dark" | "system";

/** The key under which the browser stores the theme. */
export const THEME_KEY = "mini-openclaw.theme";

export function isTheme(text: string | undefined): text is Theme {
  return text === "light" || text === "dark" || text === "system";
}

/** Applies a theme. All colors of the page follow `color-scheme`. */
export function applyTheme(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
}
