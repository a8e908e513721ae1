import type { SessionSnapshot } from "@mini-openclaw/client";
import type { ErrorItem } from "@mini-openclaw/protocol";
import { button, element } from "../dom/elements.ts";
import { markText, unmarkText } from "../dom/mark-text.ts";
import { createRowList, type RowList } from "./row-list.ts";
import type { RowParts } from "./row-view.ts";
import type { Row } from "./rows/row.ts";
import {
  newestWindow,
  nextWindow,
  type RowWindow,
  rowsWithSeq,
  windowAround,
  withEarlier,
  withLater,
} from "./rows/row-window.ts";
import { rowsOf, type SessionRows } from "./rows/rows.ts";
import { type SelectedVersions, withVersions } from "./rows/versions.ts";
import { createScrollAnchor, type ScrollAnchor } from "./scroll-anchor.ts";

export interface ConversationParts extends Omit<RowParts, "onVersion"> {
  onLoadEarlier: () => void;
  /** The element that is shown while the conversation is empty. */
  welcome: HTMLElement;
}

/** A message that a search found. */
export interface FoundMessage {
  readonly seq: number;
  /** The text of the search. It may be empty. */
  readonly text: string;
}

/** The state of the page that the conversation shows. */
interface ShownState {
  readonly snapshot: SessionSnapshot;
  /** A failure that belongs to no message. */
  readonly problem: ErrorItem | undefined;
  readonly session: SessionRows;
  /** All loaded rows. Those of `window` have elements. */
  readonly rows: readonly Row[];
  readonly window: RowWindow;
}

// Other messages are loaded when the reader is two screens away from them.
const MARGIN = "200% 0px";

/** The scrolling list of all messages and tool calls. */
export class Conversation {
  readonly root: HTMLElement;
  readonly #parts: ConversationParts;
  readonly #scroller = element("main", "conversation");
  readonly #list: RowList;
  readonly #anchor: ScrollAnchor;
  readonly #earlier: HTMLButtonElement;
  readonly #later: HTMLButtonElement;
  readonly #newest: HTMLButtonElement;
  readonly #nearEdge: IntersectionObserver;
  #shown: ShownState | undefined;
  #versions: SelectedVersions = new Map();

  constructor(parts: ConversationParts) {
    const { texts, welcome } = parts;
    const scroller = this.#scroller;
    this.#parts = parts;
    this.#list = createRowList(scroller, {
      ...parts,
      onVersion: (newest, runId) => this.#showVersion(newest, runId),
    });
    this.#earlier = button("link earlier", texts.loadEarlier, () => this.#showEarlier());
    this.#later = button("link earlier", texts.loadLater, () => this.#showLater());
    this.#later.hidden = true;
    scroller.append(this.#earlier, welcome, this.#list.root, this.#later);
    scroller.tabIndex = 0;
    scroller.setAttribute("aria-label", texts.conversation);
    this.#anchor = createScrollAnchor(scroller, this.#list.root);
    this.#newest = button("to-newest", "↓", () => this.#showNewest());
    this.#newest.setAttribute("aria-label", texts.toNewest);
    scroller.addEventListener("scroll", () => this.#updateNewest(), { passive: true });
    this.#nearEdge = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (!isIntersecting) continue;
          if (target === this.#earlier) this.#showEarlier();
          else this.#showLater();
        }
      },
      { root: scroller, rootMargin: MARGIN },
    );
    this.#nearEdge.observe(this.#earlier);
    this.#nearEdge.observe(this.#later);
    this.root = element("div", "frame", scroller, this.#newest);
  }

  /** Shows the newest messages with the next `render`, wherever the reader is. */
  followNewest(): void {
    this.#anchor.follow();
    if (this.#shown && this.#hasLater) this.#showNewest();
  }

  /** Changes something in the list. A reader at the end stays at the end. */
  change(update: () => void): void {
    if (this.#hasLater) update();
    else this.#anchor.keepEnd(update);
    this.#updateNewest();
  }

  /** Shows a session. With `found`, it shows that message and marks the text in it. */
  render(snapshot: SessionSnapshot, problem: ErrorItem | undefined, found?: FoundMessage): void {
    const before = this.#shown;
    const isOther = before?.snapshot.sessionId !== snapshot.sessionId;
    if (isOther) this.#versions = new Map();
    if (isOther) unmarkText();
    const view = withVersions(snapshot.view, this.#versions);
    const session = rowsOf({ ...snapshot, view }, isOther ? undefined : before?.session);
    const rows = [...session.rows, ...(problem ? [problem] : [])];
    const next = isOther || !before ? newestWindow(rows) : nextWindow(before.window, before.rows, rows);
    const candidates = found ? rowsWithSeq(rows, found.seq) : [];
    const [first] = candidates;
    const window = first === undefined ? next : windowAround(rows, first);
    const state = { snapshot, problem, session, rows, window };
    if (!found || first === undefined) return this.#show(state);
    this.#show(state, "nothing");
    this.#mark(
      candidates.flatMap((index) => rows[index]?.key ?? []),
      found.text,
    );
  }

  /** Focuses the first call that waits for a decision. Returns false if none is loaded. */
  focusApproval(): boolean {
    const shown = this.#shown;
    const index = shown?.rows.findIndex(asks) ?? -1;
    const row = shown?.rows[index];
    if (!shown || !row) return false;
    const { start, end } = shown.window;
    if (index < start || index >= end) {
      this.#show({ ...shown, window: windowAround(shown.rows, index) }, "nothing");
    }
    const root = this.#list.reveal(row.key);
    root?.querySelector<HTMLElement>(".approval:not([hidden]) .decision")?.focus();
    return true;
  }

  /** True if newer rows than the shown ones have no elements. */
  get #hasLater(): boolean {
    return this.#shown !== undefined && this.#shown.window.end < this.#shown.rows.length;
  }

  #show(next: ShownState, keeps: "reading" | "nothing" = "reading"): void {
    const before = this.#shown;
    const firstBefore = before?.rows[before.window.start]?.key;
    const isOther = before?.snapshot.sessionId !== next.snapshot.sessionId;
    this.#shown = next;
    const { rows, window, snapshot } = next;
    const { start, end } = window;
    if (keeps === "reading" && (isOther || firstBefore === undefined)) this.#anchor.follow();
    const show = () => {
      this.#earlier.hidden = !snapshot.view.hasMore && start === 0;
      this.#later.hidden = end === rows.length;
      this.#parts.welcome.hidden = rows.length > 0 || snapshot.view.epoch === undefined;
      this.#list.render(start === 0 && end === rows.length ? rows : rows.slice(start, end));
    };
    const hasNewFirst = rows[start]?.key !== firstBefore;
    if (keeps === "nothing") {
      this.#anchor.stay();
      show();
    }
    // Earlier messages push down the message that the reader sees, so the list scrolls along.
    else if (!isOther && firstBefore !== undefined && hasNewFirst)
      this.change(() => this.#anchor.keepReading(show));
    else this.change(show);
    this.#updateNewest();
    // Observing again emits once more if the reader is still near.
    if (hasNewFirst) this.#observe(this.#earlier);
    if (before?.window.end !== end) this.#observe(this.#later);
  }

  #observe(edge: HTMLElement): void {
    this.#nearEdge.unobserve(edge);
    this.#nearEdge.observe(edge);
  }

  #showEarlier(): void {
    const shown = this.#shown;
    if (!shown || shown.window.start === 0) return this.#parts.onLoadEarlier();
    this.#show({ ...shown, window: withEarlier(shown.window) });
  }

  #showLater(): void {
    const shown = this.#shown;
    if (shown && this.#hasLater)
      this.#show({ ...shown, window: withLater(shown.window, shown.rows) }, "nothing");
  }

  #showNewest(): void {
    const shown = this.#shown;
    if (!shown || !this.#hasLater) return this.#anchor.toEnd();
    this.#show({ ...shown, window: newestWindow(shown.rows) }, "nothing");
    this.#anchor.toEnd();
  }

  #showVersion(newest: string, runId: string): void {
    this.#versions = new Map([...this.#versions, [newest, runId]]);
    if (this.#shown) this.render(this.#shown.snapshot, this.#shown.problem);
  }

  /** Scrolls to the first of some rows that has the text, and marks the text. */
  #mark(keys: readonly string[], text: string): void {
    const roots = keys.flatMap((key) => this.#list.reveal(key) ?? []);
    const root = roots.find((one) => markText(one, text) !== undefined) ?? roots[0];
    if (!root) return;
    const target = markText(root, text) ?? root;
    root.tabIndex = -1;
    root.focus({ preventScroll: true });
    const scroll = () => target.scrollIntoView({ block: "center" });
    scroll();
    // Blocks that were off-screen have their real height then.
    requestAnimationFrame(scroll);
  }

  #updateNewest(): void {
    this.#newest.hidden = !this.#hasLater && this.#anchor.isAtEnd();
  }
}

/** Returns true if a call in a row waits for a decision. */
function asks(row: Row): boolean {
  return row.kind === "tools" && row.tools.some(({ asksFor }) => asksFor !== undefined);
}
