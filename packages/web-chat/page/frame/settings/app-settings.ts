import { button, element } from "../../dom/elements.ts";
import { icon } from "../../dom/icons.ts";
import type { SettingsViewParts } from "./settings-view.ts";

/** The dialog with the app's settings and knowledge, and the button that opens it. */
export interface AppSettings {
  readonly root: HTMLDialogElement;
  readonly opener: HTMLElement;
}

/** Creates the dialog. Its content is loaded when it is opened. */
export function createAppSettings(parts: SettingsViewParts): AppSettings {
  const { texts } = parts;
  const heading = element("h2", "", texts.settings);
  heading.id = "settings-title";
  const content = element("div", "settings-content");
  const close = button("link", texts.close, () => root.close());
  const root = element("dialog", "panel app-settings", heading, content, close);
  root.setAttribute("aria-labelledby", heading.id);
  // Keys pressed here belong to the dialog. Esc closes it and does not stop a run.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  root.addEventListener("click", ({ target }) => {
    if (target === root) root.close();
  });

  async function load(): Promise<void> {
    const { createSettingsView } = await import("./settings-view.ts");
    content.replaceChildren(await createSettingsView(parts));
  }
  const opener = button("option keys-opener", "", () => {
    if (root.open) return;
    content.replaceChildren(element("p", "settings-hint", texts.loading));
    root.showModal();
    load().catch(() => {
      content.replaceChildren(element("p", "settings-hint", texts.settingsFailed));
    });
  });
  opener.append(icon("settings"));
  opener.setAttribute("aria-label", texts.settings);
  opener.title = texts.settings;
  return { root, opener };
}
