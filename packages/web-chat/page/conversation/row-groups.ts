import { element } from "../dom/elements.ts";

interface Group {
  readonly rows: HTMLElement;
  /** The parent of the rows. It keeps their height while they are removed. */
  readonly space: HTMLElement;
}

// About two screens, so that little is added at a time.
const MAX_ROWS = 40;

// Ten screens up and down stay in the page for the browser's own search and for fast scrolling.
const NEAR_READER = "1000% 0px";

/**
 * The elements of rows, in order, in groups of some dozen.
 *
 * A group that is far off-screen is removed and leaves a space of its height. So a long
 * conversation costs the browser as much as a short one.
 */
export class RowGroups {
  readonly root = element("div", "row-groups");
  readonly #groups = new WeakMap<Element, Group>();
  readonly #observer: IntersectionObserver;

  /** `scroller` is the element that scrolls. */
  constructor(scroller: HTMLElement) {
    this.#observer = new IntersectionObserver((entries) => this.#onIntersection(entries), {
      root: scroller,
      rootMargin: NEAR_READER,
    });
  }

  /**
   * Moves a row behind another one, or to the beginning. A row that is there already is not
   * touched.
   */
  place(row: HTMLElement, before: HTMLElement | undefined): void {
    const old = this.#groupOf(row);
    const group = before && this.#groupOf(before);
    const next = group
      ? (before.nextElementSibling ?? this.#firstRowIn(group.space.nextElementSibling))
      : this.#firstRowIn(this.root.firstElementChild);
    if (row === next) return;
    if (!group || this.#isFull(group, before)) this.#addGroup(group).rows.prepend(row);
    else {
      before.after(row);
      // The height of an off-screen group has changed.
      if (!group.rows.parentElement) this.#observe(group);
    }
    this.#removeEmpty(old);
  }

  remove(row: HTMLElement): void {
    const group = this.#groupOf(row);
    row.remove();
    this.#removeEmpty(group);
  }

  /** Puts the group of a row back on the page. */
  reveal(row: HTMLElement): void {
    const group = this.#groupOf(row);
    if (group) this.#observe(group);
  }

  #onIntersection(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const group = this.#groups.get(target);
      if (group && isIntersecting) fill(group);
      else if (group && this.#mayEmpty(group)) leaveSpace(group, boundingClientRect.height);
    }
  }

  /** Returns true unless the group is the last one, has the focus, or contains a selection. */
  #mayEmpty({ space, rows }: Group): boolean {
    const selection = getSelection();
    const isSelected = selection?.isCollapsed === false && selection.containsNode(rows, true);
    return space !== this.root.lastElementChild && !rows.matches(":focus-within") && !isSelected;
  }

  /** Checks again whether the group is near the screen. */
  #observe(group: Group): void {
    fill(group);
    this.#observer.unobserve(group.space);
    this.#observer.observe(group.space);
  }

  #groupOf(row: Element): Group | undefined {
    return row.parentElement ? this.#groups.get(row.parentElement) : undefined;
  }

  #firstRowIn(space: Element | null): Element | null {
    return (space && this.#groups.get(space)?.rows.firstElementChild) ?? null;
  }

  #isFull({ rows }: Group, before: HTMLElement | undefined): boolean {
    return before === rows.lastElementChild && rows.childElementCount >= MAX_ROWS;
  }

  #addGroup(before: Group | undefined): Group {
    const rows = element("ol", "rows");
    const group = { rows, space: element("div", "", rows) };
    this.#groups.set(rows, group).set(group.space, group);
    if (before) before.space.after(group.space);
    else this.root.prepend(group.space);
    this.#observe(group);
    if (before) this.#observe(before);
    return group;
  }

  #removeEmpty(group: Group | undefined): void {
    if (!group || group.rows.childElementCount > 0) return;
    this.#observer.unobserve(group.space);
    group.space.remove();
  }
}

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
