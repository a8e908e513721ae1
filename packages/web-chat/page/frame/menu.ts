import { button, element } from "../dom/elements.ts";
import { type IconName, icon } from "../dom/icons.ts";
import { isComposing } from "../dom/keys.ts";

/** An action that a menu offers. */
export interface MenuItem {
  readonly label: string;
  readonly icon: IconName;
  readonly onChoose: () => void;
  /** Marks an action that removes something. */
  readonly isDestructive?: boolean;
}

/** The page's only menu. It opens beside the button that asks for it. */
export interface Menu {
  readonly root: HTMLElement;
  /** Opens the menu under `opener`, which gets the focus back when the menu closes. */
  open(opener: HTMLElement, items: readonly MenuItem[]): void;
}

// The distance to the opener, and to the edges of the window.
const GAP_PX = 4;
const EDGE_PX = 8;

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
    // Keys pressed here belong to the menu. Esc closes it and does not stop a run.
    event.stopPropagation();
    if (isComposing(event)) return;
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
      moveTo(root, next);
      focusAt(0);
    },
  };
}

function createItem({ label, icon: name, onChoose, isDestructive = false }: MenuItem, onClose: () => void) {
  const item = button(isDestructive ? "menu-item destructive" : "menu-item", "", () => {
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

/** Moves the menu under its opener, or above it where there is no room. */
function moveTo(root: HTMLElement, opener: HTMLElement): void {
  const { top, bottom, right } = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = root;
  const isRoomBelow = bottom + GAP_PX + height <= innerHeight - EDGE_PX;
  const left = Math.min(right - width, innerWidth - EDGE_PX - width);
  root.style.left = `${Math.max(EDGE_PX, left)}px`;
  root.style.top = `${isRoomBelow ? bottom + GAP_PX : Math.max(EDGE_PX, top - GAP_PX - height)}px`;
}
