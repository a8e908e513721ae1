import { button, element, setText } from "./elements.ts";
import { addressOf } from "./session-address.ts";
import type { ListedSession, SessionListing } from "./session-list.ts";
import type { Texts } from "./texts.ts";

/** The visitor's sessions, each a link. On a narrow window it lies over the page and is closed at first. */
export interface Sidebar {
  readonly root: HTMLElement;
  /** Opens and closes the sidebar on a narrow window. */
  readonly toggle: HTMLButtonElement;
  render(listing: SessionListing, sessionId: string | undefined): void;
}

export interface SidebarParts {
  texts: Texts;
  onNewChat: () => void;
  onLoadMore: () => void;
}

export function createSidebar({ texts, onNewChat, onLoadMore }: SidebarParts): Sidebar {
  const list = element("ul", "sessions");
  const more = button("link more", texts.moreSessions, onLoadMore);
  const newChat = button("new-chat", texts.newChat, () => {
    open(false);
    onNewChat();
  });
  const root = element("nav", "sidebar", newChat, list, more);
  root.id = "sidebar";
  root.setAttribute("aria-label", texts.sessions);
  const toggle = button("sidebar-toggle", "☰", () => open(!root.classList.contains("open")));
  toggle.setAttribute("aria-label", texts.sessions);
  toggle.setAttribute("aria-controls", root.id);
  const links = new Map<string, SessionLink>();

  function open(isOpen: boolean): void {
    root.classList.toggle("open", isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
  }
  open(false);
  list.addEventListener("click", () => open(false));
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !root.contains(target) && !toggle.contains(target)) open(false);
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.classList.contains("open")) return;
    // Here Esc closes the list; it does not stop a run.
    event.stopPropagation();
    open(false);
    toggle.focus();
  });

  return {
    root,
    toggle,
    render({ sessions, hasMore }, shownId) {
      more.hidden = !hasMore;
      const rows = sessions.map((session) => {
        const link = links.get(session.sessionId) ?? createSessionLink(session.sessionId, texts);
        links.set(session.sessionId, link);
        link.render(session, session.sessionId === shownId);
        return link.root;
      });
      // Moving elements that are in place would take the focus from them.
      if (rows.length !== list.children.length || rows.some((row, index) => row !== list.children[index])) {
        list.replaceChildren(...rows);
      }
    },
  };
}

interface SessionLink {
  readonly root: HTMLElement;
  render(session: ListedSession, isShown: boolean): void;
}

function createSessionLink(sessionId: string, texts: Texts): SessionLink {
  const title = element("span", "session-title");
  const mark = element("span", "session-mark");
  const link = element("a", "", title, mark);
  link.href = addressOf(sessionId);
  return {
    root: element("li", "", link),
    render({ title: text, running, isUnread }, isShown) {
      const isNews = isUnread && !isShown;
      setText(title, text === "" ? texts.newChat : text);
      setText(mark, running ? texts.sessionRuns : isNews ? texts.sessionUnread : "");
      mark.dataset["phase"] = running ? "running" : isNews ? "unread" : "none";
      if (isShown) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    },
  };
}
