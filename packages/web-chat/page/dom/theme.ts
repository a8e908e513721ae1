/** How bright the page is; `system` follows the device. */
export type Theme = "light" | "dark" | "system";

/** Under which key the browser keeps it. */
export const themeKey = "mini-openclaw.theme";

export function isTheme(text: string | undefined): text is Theme {
  return text === "light" || text === "dark" || text === "system";
}

/** Every colour of the page follows `color-scheme`. */
export function applyTheme(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
}
