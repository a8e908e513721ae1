import { arrange, button, element, setText } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import type { Menu, MenuItem } from "../frame/menu.ts";
import type { Texts } from "../language/texts.ts";
import { createSearchBox } from "./search-box.ts";
import { groupSessions } from "./session-groups.ts";
import { createSessionLink, type SessionLink } from "./session-link.ts";
import type { ListedSession, SessionListing } from "./session-list.ts";

/** The list of the visitor's sessions, with a search and a menu for each. */
export interface Sidebar {
  readonly root: HTMLElement;
  render(listing: SessionListing, shownId: string | undefined): void;
  /** Focuses the search. */
  search(): void;
  /** Shows a field for another title of a listed session. */
  readonly edit: (sessionId: string) => void;
}

export interface SidebarParts {
  texts: Texts;
  menu: Menu;
  listing: SessionListing;
  onNewChat: () => void;
  onRename: (session: ListedSession, title: string) => void;
  menuOf: (session: ListedSession) => readonly MenuItem[];
  /** Returns the times of a session's schedule, if it has one. */
  scheduleLabel: (sessionId: string) => string | undefined;
  /** Announces a text to screen readers. */
  onAnnounce: (text: string) => void;
  /** The states of the app's parts, above the settings. */
  status: HTMLElement;
  /** The element at the end of the sidebar. */
  settings: HTMLElement;
}

export function createSidebar(parts: SidebarParts): Sidebar {
  const { texts, listing, status, settings } = parts;
  const newChat = button("new-chat", "", parts.onNewChat);
  newChat.append(icon("compose"), texts.newChat);
  const search = createSearchBox({ texts, onSearch: (text) => listing.show({ text }) });
  const groups = element("div", "groups");
  const nothing = element("p", "nothing");
  const more = button("link more", texts.moreSessions, () => listing.loadMore());
  const archived = button("archived-switch", "", () => listing.show({ archived: !listing.filter.archived }));
  archived.append(icon("archive"), texts.archived);
  const scroller = element("div", "session-list", groups, nothing, more);
  const ending = [archived, status, settings, parts.menu.root];
  const root = element("nav", "sidebar", newChat, search.root, scroller, ...ending);
  root.id = "sidebar";
  root.setAttribute("aria-label", texts.sessions);
  const links = createLinks(parts);
  let startedFilter: unknown;

  function renderGroups({ sessions, shownFilter }: SessionListing, shownId: string | undefined): void {
    const searched = shownFilter?.text ?? "";
    const shown = groupSessions(sessions, texts, Date.now()).map(({ heading, sessions: members }) => {
      const rows = members.map((session) => {
        const link = links.of(session);
        link.render(session, session.sessionId === shownId, searched);
        return link.root;
      });
      return { heading, rows };
    });
    keepFocus(groups, () => arrangeGroups(groups, shown));
  }
  function lastLink(): HTMLElement | undefined {
    return [...groups.querySelectorAll<HTMLElement>(".session-row a")].at(-1);
  }
  /** Shows another list from its beginning, and announces the number of matches once a search. */
  function startList({ sessions, hasMore, shownFilter }: SessionListing): void {
    if (shownFilter === startedFilter) return;
    startedFilter = shownFilter;
    scroller.scrollTop = 0;
    if (shownFilter?.text) parts.onAnnounce(texts.foundSessions(sessions.length, hasMore));
  }

  return {
    root,
    search: search.focus,
    edit: (sessionId) => links.find(sessionId)?.edit(),
    render(current, shownId) {
      const { sessions, hasMore, filter, shownFilter } = current;
      archived.setAttribute("aria-pressed", String(filter.archived));
      renderGroups(current, shownId);
      // A keyboard user who loaded the last page continues from its last session.
      if (!hasMore && document.activeElement === more) lastLink()?.focus();
      more.hidden = !hasMore;
      nothing.hidden = sessions.length > 0 || shownFilter === undefined;
      if (shownFilter) setText(nothing, nothingIn(shownFilter, texts));
      startList(current);
    },
  };
}

function nothingIn({ text, archived }: SessionListing["filter"], texts: Texts): string {
  if (text !== "") return texts.nothingFound(text);
  return archived ? texts.noArchived : texts.noSessions;
}

/** Keeps one link for each session that was ever listed, so that focus and input stay. */
function createLinks({ texts, menu, menuOf, scheduleLabel, onRename }: SidebarParts) {
  const links = new Map<string, { link: SessionLink; session: ListedSession }>();

  function create(session: ListedSession) {
    const { sessionId } = session;
    const link = createSessionLink({
      ...{ texts, sessionId },
      scheduleLabel: () => scheduleLabel(sessionId),
      onMenu: (opener) => menu.open(opener, menuOf(entry.session)),
      onRename: (title) => onRename(entry.session, title),
    });
    const entry = { link, session };
    links.set(sessionId, entry);
    return entry;
  }
  return {
    of(session: ListedSession): SessionLink {
      const entry = links.get(session.sessionId) ?? create(session);
      entry.session = session;
      return entry.link;
    },
    find: (sessionId: string) => links.get(sessionId)?.link,
  };
}

/**
 * Keeps the focus while sessions move. If the focused session is removed, the next one gets the
 * focus.
 */
function keepFocus(groups: HTMLElement, change: () => void): void {
  const rows = () => [...groups.querySelectorAll(".session-row")];
  const focused = document.activeElement;
  const index = rows().findIndex((row) => row.contains(focused));
  change();
  if (index === -1 || document.activeElement === focused) return;
  const next = rows()[index] ?? rows().at(-1);
  const target = focused?.isConnected ? focused : next?.querySelector("a");
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
}

/** Shows one list under each heading. */
function arrangeGroups(root: HTMLElement, groups: readonly { heading: string; rows: HTMLElement[] }[]): void {
  const before = new Map([...root.children].map((section) => [section.getAttribute("aria-label"), section]));
  const sections = groups.map(({ heading, rows }) => {
    const known = before.get(heading);
    const section = known instanceof HTMLElement ? known : createGroup(heading);
    const list = section.querySelector("ul");
    if (list) arrange(list, rows);
    return section;
  });
  arrange(root, sections);
}

function createGroup(heading: string): HTMLElement {
  const title = element("h2", "group-heading", heading);
  const section = element("section", "group", title, element("ul", "sessions"));
  section.setAttribute("aria-label", heading);
  return section;
}
