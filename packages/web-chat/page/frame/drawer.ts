import { button, element } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import type { Texts } from "../language/texts.ts";

/** Where the window has no room for the sidebar, it lies over the page, and is closed at first. */
export interface Drawer {
  /** Opens it. */
  readonly toggle: HTMLButtonElement;
  /** Darkens the page behind it; a press on it closes it. */
  readonly shade: HTMLElement;
  /** Says what it lies over: that cannot be reached meanwhile, and the focus stays in the sidebar. */
  covers(page: HTMLElement): void;
  readonly open: () => void;
  readonly close: () => void;
}

export function createDrawer(texts: Texts, sidebar: HTMLElement): Drawer {
  const toggle = button("sidebar-toggle icon-button", "", open);
  toggle.append(icon("menu"));
  toggle.setAttribute("aria-label", texts.sessions);
  toggle.setAttribute("aria-controls", sidebar.id);
  const closing = button("drawer-close icon-button", "", close);
  closing.append(icon("close"));
  closing.setAttribute("aria-label", texts.closeSessions);
  sidebar.prepend(element("div", "brand", icon("logo"), element("span", "", "Mini OpenClaw"), closing));
  const shade = element("div", "shade");
  let covered: HTMLElement | undefined;

  function set(isOpen: boolean): void {
    sidebar.classList.toggle("open", isOpen);
    if (covered) covered.inert = isOpen;
    shade.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
  }
  function open(): void {
    // In a wide window there is nothing to open: its button is not there.
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
  // Where the window grew wide, the button to close it went away under the reader's hand.
  new ResizeObserver(() => {
    if (!shade.hidden && !closing.checkVisibility()) set(false);
  }).observe(sidebar);
  sidebar.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || shade.hidden) return;
    // Here Esc closes the list; it does not stop a run.
    event.stopPropagation();
    close();
  });
  sidebar.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("a")) close();
  });

  return {
    toggle,
    shade,
    covers(page) {
      covered = page;
    },
    open,
    close,
  };
}
