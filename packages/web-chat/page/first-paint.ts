import { storedText } from "./dom/local-storage.ts";
import { applyTheme, isTheme, THEME_KEY } from "./dom/theme.ts";

// Runs before anything is painted, so that the page never appears in another theme.
const stored = storedText(THEME_KEY).read();
if (isTheme(stored)) applyTheme(stored);
