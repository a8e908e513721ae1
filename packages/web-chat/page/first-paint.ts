import { storedText } from "./dom/local-storage.ts";
import { applyTheme, isTheme, themeKey } from "./dom/theme.ts";

// Runs before anything is painted: the page never shows in a theme that was not chosen.
const kept = storedText(themeKey).read();
if (isTheme(kept)) applyTheme(kept);
