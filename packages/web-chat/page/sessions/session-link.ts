import { button, element, setText } from "../dom/elements.ts";
import { findMatches } from "../dom/find-matches.ts";
import { icon } from "../dom/icons.ts";
import { isComposing } from "../dom/keys.ts";
import { addressOf } from "../dom/session-address.ts";
import type { Texts } from "../language/texts.ts";
import type { ListedSession } from "./session-list.ts";

/** A session in the list: a link and the button of its menu, or a field while it is renamed. */
export interface SessionLink {
  readonly root: HTMLElement;
  readonly link: HTMLAnchorElement;
  /** Shows a session. Matches of `searched` are marked. */
  render(session: ListedSession, isShown: boolean, searched: string): void;
  /** Shows a field for another title. */
  edit(): void;
}

export interface SessionLinkParts {
  texts: Texts;
  sessionId: string;
  /** Returns the times of the session's schedule, if it has one. */
  scheduleLabel: () => string | undefined;
  onMenu: (opener: HTMLElement) => void;
  onRename: (title: string) => void;
}

// The limit of the protocol.
const MAX_TITLE_CHARS = 200;

export function createSessionLink(parts: SessionLinkParts): SessionLink {
  const { texts, sessionId, scheduleLabel, onMenu, onRename } = parts;
  const title = element("span", "session-title");
  const scheduleText = element("span", "sr-only");
  const schedule = element("span", "session-schedule", icon("schedule"), scheduleText);
  const heading = element("span", "session-heading", schedule, title);
  const mark = element("span", "session-mark");
  const excerpt = element("span", "session-excerpt");
  const link = element("a", "", heading, mark, excerpt);
  const more = button("session-menu icon-button", "", () => onMenu(more));
  more.append(icon("more"));
  more.setAttribute("aria-haspopup", "menu");
  more.setAttribute("aria-expanded", "false");
  const root = element("li", "session-row", link, more);
  const labels = {
    asks: texts.sessionAsks,
    running: texts.sessionRuns,
    unread: texts.sessionUnread,
    none: "",
  };

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
    render(session, isShown, searched) {
      const { title: text, isUnread, excerpt: around = "", excerptSeq } = session;
      link.href = addressOf(sessionId, searched === "" ? undefined : excerptSeq);
      const shownTitle = text === "" ? texts.newChat : text;
      setText(title, shownTitle);
      const times = scheduleLabel();
      schedule.hidden = times === undefined;
      setText(scheduleText, times === undefined ? "" : `${times}: `);
      link.title = times === undefined ? shownTitle : `${shownTitle}\n${times}`;
      const phase = phaseOf(session, isUnread && !isShown);
      setText(mark, labels[phase]);
      mark.dataset["phase"] = phase;
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

/** The most important state of a session that the list marks. */
function phaseOf(
  { running, awaitsApproval = false }: ListedSession,
  isNews: boolean,
): "asks" | "running" | "unread" | "none" {
  if (awaitsApproval) return "asks";
  if (running) return "running";
  return isNews ? "unread" : "none";
}

/**
 * Creates the field for a new title. Enter and leaving the field save the title, Esc does not.
 * `onDone` is called once, with an empty text if nothing changes.
 */
function createTitleField(label: string, before: string, onDone: (title: string) => void): HTMLInputElement {
  const field = element("input", "session-edit");
  field.value = before;
  field.maxLength = MAX_TITLE_CHARS;
  field.setAttribute("aria-label", label);
  let isDone = false;
  function done(title: string): void {
    if (isDone) return;
    isDone = true;
    onDone(title.trim());
  }
  field.addEventListener("blur", () => done(field.value));
  field.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key !== "Enter" && event.key !== "Escape") return;
    // Esc does not stop a run here, and Enter does not follow the link that gets the focus.
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
