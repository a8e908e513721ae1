import { button, element, setText } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import type { Texts } from "../language/texts.ts";
import { findMatches } from "./search-marks.ts";
import { addressOf } from "./session-address.ts";
import type { ListedSession } from "./session-list.ts";

/** One session in the list: a link, its menu's button, and, while it is renamed, a field in the link's place. */
export interface SessionLink {
  readonly root: HTMLElement;
  readonly link: HTMLAnchorElement;
  /** `searched`: the text that the list was searched for. */
  render(session: ListedSession, isShown: boolean, searched: string): void;
  /** Lets the reader write another title. */
  edit(): void;
}

export interface SessionLinkParts {
  texts: Texts;
  sessionId: string;
  onMenu: (opener: HTMLElement) => void;
  onRename: (title: string) => void;
}

// What the protocol allows.
const maxTitleChars = 200;

export function createSessionLink({ texts, sessionId, onMenu, onRename }: SessionLinkParts): SessionLink {
  const title = element("span", "session-title");
  const mark = element("span", "session-mark");
  const excerpt = element("span", "session-excerpt");
  const link = element("a", "", title, mark, excerpt);
  link.href = addressOf(sessionId);
  const more = button("session-menu icon-button", "", () => onMenu(more));
  more.append(icon("more"));
  more.setAttribute("aria-haspopup", "menu");
  more.setAttribute("aria-expanded", "false");
  const root = element("li", "session-row", link, more);

  function edit(): void {
    const before = title.textContent ?? "";
    const field = createTitleField(texts.newTitle, before, (written) => {
      field.replaceWith(link, more);
      link.focus();
      if (written !== "" && written !== before) onRename(written);
    });
    root.replaceChildren(field);
    field.focus();
    field.select();
  }

  return {
    root,
    link,
    edit,
    render({ title: text, running, isUnread, excerpt: around = "" }, isShown, searched) {
      const isNews = isUnread && !isShown;
      const shownTitle = text === "" ? texts.newChat : text;
      setText(title, shownTitle);
      link.title = shownTitle;
      setText(mark, running ? texts.sessionRuns : isNews ? texts.sessionUnread : "");
      mark.dataset["phase"] = running ? "running" : isNews ? "unread" : "none";
      if (excerpt.dataset["of"] !== `${searched}:${around}`) {
        excerpt.dataset["of"] = `${searched}:${around}`;
        excerpt.replaceChildren(...withMarks(around, searched));
      }
      more.setAttribute("aria-label", texts.actionsFor(shownTitle));
      if (isShown) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    },
  };
}

/** Enter and leaving it keep what was written, Esc does not. `onDone` hears of it once; empty: nothing is to be changed. */
function createTitleField(label: string, before: string, onDone: (title: string) => void): HTMLInputElement {
  const field = element("input", "session-edit");
  field.value = before;
  field.maxLength = maxTitleChars;
  field.setAttribute("aria-label", label);
  let isDone = false;
  function done(title: string): void {
    if (isDone) return;
    isDone = true;
    onDone(title.trim());
  }
  field.addEventListener("blur", () => done(field.value));
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key !== "Enter" && event.key !== "Escape") return;
    // Here Esc ends the writing and does not stop a run, and Enter does not follow the link that gets the focus.
    event.stopPropagation();
    event.preventDefault();
    done(event.key === "Enter" ? field.value : "");
  });
  return field;
}

/** Returns the text with every match of a search in a `mark`. */
function withMarks(text: string, searched: string): Node[] {
  const nodes: Node[] = [];
  let from = 0;
  for (const { start, end } of findMatches(text, searched)) {
    nodes.push(new Text(text.slice(from, start)), element("mark", "", text.slice(start, end)));
    from = end;
  }
  return [...nodes, new Text(text.slice(from))];
}
