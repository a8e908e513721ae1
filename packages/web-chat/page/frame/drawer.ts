import { button, element } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import { isComposing } from "../dom/keys.ts";
import type { Texts } from "../language/texts.ts";

/** The sidebar of a narrow window. It lies over the page, and is closed at first. */
export interface Drawer {
  /** The button that opens the drawer. */
  readonly toggle: HTMLButtonElement;
  /** The dark area over the page. A press on it closes the drawer. */
  readonly shade: HTMLElement;
  /** Sets the element that the open drawer makes inert, so that the focus stays in the sidebar. */
  setCovered(page: HTMLElement): void;
  readonly open: () => void;
  readonly close: () => void;
}

/** The name of the app, and its logo if it has one. */
export interface Brand {
  readonly title: string;
  readonly logo: string | undefined;
}

export function createDrawer(texts: Texts, sidebar: HTMLElement, { title, logo }: Brand): Drawer {
  const toggle = button("sidebar-toggle icon-button", "", open);
  toggle.append(icon("menu"));
  toggle.setAttribute("aria-label", texts.sessions);
  toggle.setAttribute("aria-controls", sidebar.id);
  const closing = button("drawer-close icon-button", "", close);
  closing.append(icon("close"));
  closing.setAttribute("aria-label", texts.closeSessions);
  const picture = logo === undefined ? icon("logo") : createLogo(logo);
  sidebar.prepend(element("div", "brand", picture, element("span", "", title), closing));
  const shade = element("div", "shade");
  let covered: HTMLElement | undefined;

  function set(isOpen: boolean): void {
    sidebar.classList.toggle("open", isOpen);
    if (covered) covered.inert = isOpen;
    shade.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
  }
  function open(): void {
    // A wide window has no drawer and no button for it.
    if (!toggle.checkVisibility()) return;
    set(true);
    closing.focus();
  }
  function close(): void {
    if (shade.hidden) return;
    set(false);
    toggle.focus();
  }
  set(false);
  shade.addEventListener("click", close);
  // When the window grows wide, the button that closes the drawer disappears.
  new ResizeObserver(() => {
    if (!shade.hidden && !closing.checkVisibility()) set(false);
  }).observe(sidebar);
  sidebar.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || shade.hidden || isComposing(event)) return;
    // Here Esc closes the list and does not stop a run.
    event.stopPropagation();
    close();
  });
  sidebar.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("a")) close();
  });

  return {
    toggle,
    shade,
    setCovered(page) {
      covered = page;
    },
    open,
    close,
  };
}

function createLogo(source: string): HTMLElement {
  const logo = element("img", "logo");
  logo.src = source;
  logo.alt = "";
  return logo;
}
