import { memoryOf } from "./frame/memory.ts";
import { applyTheme, isTheme, themeKey } from "./frame/theme.ts";

// Runs before anything is painted: the page never shows in a theme that was not chosen.
const kept = memoryOf(themeKey).read();
if (isTheme(kept)) applyTheme(kept);
