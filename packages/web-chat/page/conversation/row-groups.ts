import { element } from "../dom/elements.ts";

/**
 * The elements of rows, in order, in groups of some dozen. Groups that are far from what is being read leave an empty
 * space of their height: of a long conversation a browser has no more to look after than of a short one.
 */
export interface RowGroups {
  readonly root: HTMLElement;
  /** Puts a row behind another one; without one, at the beginning. Nothing is touched if it stands there. */
  place(row: HTMLElement, before: HTMLElement | undefined): void;
  remove(row: HTMLElement): void;
}

interface Group {
  readonly rows: HTMLElement;
  /** Holds the rows, or the place where they belong. */
  readonly space: HTMLElement;
}

// Chosen: about two screens, so that little comes back at a time.
const maxRows = 40;

// Chosen: ten screens up and down are there for the browser's own search, and for who scrolls fast.
const nearReader = "1000% 0px";

/** `scroller` is what the reader scrolls. */
export function createRowGroups(scroller: HTMLElement): RowGroups {
  const root = element("div", "row-groups");
  const groups = new WeakMap<Element, Group>();
  const places = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, boundingClientRect } of entries) {
        const group = groups.get(target);
        if (group && isIntersecting) fill(group);
        else if (group && mayLeave(group)) leaveSpace(group, boundingClientRect.height);
      }
    },
    { root: scroller, rootMargin: nearReader },
  );

  function fill({ space, rows }: Group): void {
    if (rows.parentElement) return;
    space.append(rows);
    space.style.height = "";
  }
  function leaveSpace({ space, rows }: Group, height: number): void {
    if (!rows.parentElement) return;
    space.style.height = `${height}px`;
    rows.remove();
  }
  /** What grows at the end stays, and so does what has the focus or is selected. */
  function mayLeave({ space, rows }: Group): boolean {
    const selection = getSelection();
    const isSelected = selection?.isCollapsed === false && selection.containsNode(rows, true);
    return space !== root.lastElementChild && !rows.contains(document.activeElement) && !isSelected;
  }
  /** Finds out anew whether the group is near. */
  function look(group: Group): void {
    fill(group);
    places.unobserve(group.space);
    places.observe(group.space);
  }

  function groupOf(row: Element): Group | undefined {
    return row.parentElement ? groups.get(row.parentElement) : undefined;
  }
  function firstRowIn(space: Element | null): Element | null {
    return (space && groups.get(space)?.rows.firstElementChild) ?? null;
  }
  function addGroup(before: Group | undefined): Group {
    const rows = element("ol", "rows");
    const group = { rows, space: element("div", "", rows) };
    groups.set(rows, group).set(group.space, group);
    if (before) before.space.after(group.space);
    else root.prepend(group.space);
    look(group);
    if (before) look(before);
    return group;
  }
  function leave(group: Group | undefined): void {
    if (!group || group.rows.childElementCount > 0) return;
    places.unobserve(group.space);
    group.space.remove();
  }

  return {
    root,
    place(row, before) {
      const old = groupOf(row);
      const group = before && groupOf(before);
      const next = group
        ? (before.nextElementSibling ?? firstRowIn(group.space.nextElementSibling))
        : firstRowIn(root.firstElementChild);
      if (row === next) return;
      const isFull =
        before === group?.rows.lastElementChild && (group?.rows.childElementCount ?? 0) >= maxRows;
      if (!group || isFull) addGroup(group).rows.prepend(row);
      else {
        before.after(row);
        // Its height has changed.
        if (!group.rows.parentElement) look(group);
      }
      leave(old);
    },
    remove(row) {
      const group = groupOf(row);
      row.remove();
      leave(group);
    },
  };
}
