import type { SessionSnapshot } from "@mini-openclaw/client";
import type { ErrorItem } from "@mini-openclaw/protocol";
import { button, element } from "../dom/elements.ts";
import { createRowList, type RowList } from "./row-list.ts";
import type { RowParts } from "./row-view.ts";
import type { Row } from "./rows/row.ts";
import { rowsOf, type SessionRows } from "./rows/rows.ts";
import { createScrollAnchor, type ScrollAnchor } from "./scroll-anchor.ts";

export interface ConversationParts extends RowParts {
  onLoadEarlier: () => void;
  /** The element that is shown while the conversation is empty. */
  welcome: HTMLElement;
}

/** The state of the page that the conversation shows. */
interface ShownState {
  readonly snapshot: SessionSnapshot;
  /** A failure that belongs to no message. */
  readonly problem: ErrorItem | undefined;
  readonly session: SessionRows;
  /** The rows that have elements. */
  readonly rows: readonly Row[];
  /** The number of loaded rows in front of them, which have no elements yet. */
  readonly unseenCount: number;
}

// Earlier messages are loaded when the reader is two screens away from them.
const EARLIER_MARGIN = "200% 0px 0px";

// A few screens. So many rows of a long conversation get elements at once.
const ROWS_AT_ONCE = 120;

/** The scrolling list of all messages and tool calls. */
export class Conversation {
  readonly root: HTMLElement;
  readonly #parts: ConversationParts;
  readonly #scroller = element("main", "conversation");
  readonly #list: RowList;
  readonly #anchor: ScrollAnchor;
  readonly #earlier: HTMLButtonElement;
  readonly #newest: HTMLButtonElement;
  readonly #nearTop: IntersectionObserver;
  #shown: ShownState | undefined;

  constructor(parts: ConversationParts) {
    const { texts, welcome } = parts;
    const scroller = this.#scroller;
    this.#parts = parts;
    this.#list = createRowList(scroller, parts);
    this.#earlier = button("link earlier", texts.loadEarlier, () => this.#showEarlier());
    scroller.append(this.#earlier, welcome, this.#list.root);
    scroller.tabIndex = 0;
    scroller.setAttribute("aria-label", texts.conversation);
    this.#anchor = createScrollAnchor(scroller);
    this.#newest = button("to-newest", "↓", this.#anchor.toEnd);
    this.#newest.setAttribute("aria-label", texts.toNewest);
    scroller.addEventListener("scroll", () => this.#updateNewest(), { passive: true });
    this.#nearTop = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) this.#showEarlier();
      },
      { root: scroller, rootMargin: EARLIER_MARGIN },
    );
    this.#nearTop.observe(this.#earlier);
    this.root = element("div", "frame", scroller, this.#newest);
  }

  /** Scrolls to the end with the next `render`, wherever the reader is. */
  followNewest(): void {
    this.#anchor.follow();
  }

  /** Changes something in the list. A reader at the end stays at the end. */
  change(update: () => void): void {
    this.#anchor.keepEnd(update);
    this.#updateNewest();
  }

  render(snapshot: SessionSnapshot, problem: ErrorItem | undefined, isAllWanted = false): void {
    const before = this.#shown;
    const isOther = before?.snapshot.sessionId !== snapshot.sessionId;
    const session = rowsOf(snapshot, isOther ? undefined : before?.session);
    const all = [...session.rows, ...(problem ? [problem] : [])];
    const newestRows = Math.max(0, all.length - ROWS_AT_ONCE);
    const unseen = isOther ? newestRows : Math.min(before?.unseenCount ?? 0, newestRows);
    const unseenCount = isAllWanted ? Math.max(0, unseen - ROWS_AT_ONCE) : unseen;
    const rows = unseenCount === 0 ? all : all.slice(unseenCount);
    const firstBefore = before?.rows[0]?.key;
    if (isOther || firstBefore === undefined) this.#anchor.follow();
    this.#shown = { snapshot, problem, session, rows, unseenCount };
    const { view } = snapshot;
    const show = () => {
      this.#earlier.hidden = !view.hasMore && unseenCount === 0;
      this.#list.render(rows);
    };
    const hasNewFirst = rows[0]?.key !== firstBefore;
    this.change(() => {
      this.#parts.welcome.hidden = all.length > 0 || view.epoch === undefined;
      // Earlier messages push down the message that the reader sees, so the list scrolls along.
      if (!isOther && firstBefore !== undefined && hasNewFirst) this.#anchor.keepReading(show);
      else show();
    });
    if (!hasNewFirst) return;
    // Observing again emits once more if the reader is still near.
    this.#nearTop.unobserve(this.#earlier);
    this.#nearTop.observe(this.#earlier);
  }

  #showEarlier(): void {
    if (!this.#shown || this.#shown.unseenCount === 0) return this.#parts.onLoadEarlier();
    this.render(this.#shown.snapshot, this.#shown.problem, true);
  }

  #updateNewest(): void {
    this.#newest.hidden = this.#anchor.isAtEnd();
  }
}
