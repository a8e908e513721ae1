import { button, element } from "../dom/elements.ts";
import { type IconName, icon } from "../dom/icons.ts";

/** One thing that a menu offers. */
export interface MenuItem {
  readonly label: string;
  readonly icon: IconName;
  readonly onChoose: () => void;
  /** Takes something away. */
  readonly isGrave?: boolean;
}

/** The page's one menu, opened beside whatever asks for it. */
export interface Menu {
  readonly root: HTMLElement;
  /** Opens it under `opener`, which has the focus again when it closes. */
  open(opener: HTMLElement, items: readonly MenuItem[]): void;
}

// Chosen, in CSS pixels: between the menu and its opener, and to the edges of the window.
const gapPx = 4;
const edgePx = 8;

export function createMenu(): Menu {
  const root = element("div", "menu");
  root.popover = "auto";
  root.setAttribute("role", "menu");
  let opener: HTMLElement | undefined;

  function buttons(): HTMLElement[] {
    return [...root.querySelectorAll<HTMLElement>("[role=menuitem]")];
  }
  function focusAt(index: number): void {
    buttons()
      .at(index % buttons().length)
      ?.focus();
  }
  root.addEventListener("keydown", (event) => {
    // Whatever is pressed here is for the menu: Esc closes it and does not stop a run.
    event.stopPropagation();
    const at = buttons().indexOf(document.activeElement as HTMLElement);
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    const target = moves[event.key];
    if (target === undefined) {
      if (event.key === "Tab") root.hidePopover();
      return;
    }
    event.preventDefault();
    focusAt(target);
  });
  root.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") return;
    opener?.setAttribute("aria-expanded", "false");
    opener = undefined;
  });

  return {
    root,
    open(next, items) {
      opener = next;
      root.setAttribute("aria-label", next.getAttribute("aria-label") ?? "");
      root.replaceChildren(...items.map((item) => createItem(item, () => close(root, next))));
      root.showPopover();
      next.setAttribute("aria-expanded", "true");
      place(root, next);
      focusAt(0);
    },
  };
}

function createItem({ label, icon: name, onChoose, isGrave = false }: MenuItem, onClose: () => void) {
  const item = button(isGrave ? "menu-item grave" : "menu-item", "", () => {
    onClose();
    onChoose();
  });
  item.append(icon(name), label);
  item.setAttribute("role", "menuitem");
  item.tabIndex = -1;
  return item;
}

function close(root: HTMLElement, opener: HTMLElement): void {
  root.hidePopover();
  opener.focus();
}

/** Under the opener, or above it where there is no room. */
function place(root: HTMLElement, opener: HTMLElement): void {
  const { top, bottom, right } = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = root;
  const isRoomBelow = bottom + gapPx + height <= innerHeight - edgePx;
  const left = Math.min(right - width, innerWidth - edgePx - width);
  root.style.left = `${Math.max(edgePx, left)}px`;
  root.style.top = `${isRoomBelow ? bottom + gapPx : Math.max(edgePx, top - gapPx - height)}px`;
}
