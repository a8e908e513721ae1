import type { WatchedEvent } from "@mini-openclaw/client";
import type { Chat } from "./chat.ts";
import { button } from "./dom/elements.ts";
import type { Notice } from "./dom/notice.ts";
import { createAnnouncer } from "./frame/announcer.ts";
import { createDrawer } from "./frame/drawer.ts";
import { createMenu } from "./frame/menu.ts";
import type { Preferences } from "./frame/preferences.ts";
import { createSettings } from "./frame/settings.ts";
import { createToast } from "./frame/toast.ts";
import type { Texts } from "./language/texts.ts";
import { createMainView } from "./main-view.ts";
import { answerOf } from "./rows/rows.ts";
import { sessionMenu } from "./sessions/session-menu.ts";
import { createSidebar } from "./sessions/sidebar.ts";

/** Everything that is to be seen, in one language. */
export interface PageView {
  readonly parts: readonly HTMLElement[];
  /** What is written and not sent. */
  draft: string;
  render(): void;
  hear(event: WatchedEvent): void;
  tell(notice: Notice): void;
  /** Takes back what the last notice tells of; false if there is nothing to take back. */
  undo(): boolean;
  /** Lets the reader search, wherever the list of sessions is. */
  search(): void;
  newChat(): void;
  focusComposer(): void;
  /** Puts the focus where the language was chosen. */
  focusLanguage(): void;
}

export interface PageViewParts {
  chat: Chat;
  texts: Texts;
  preferences: Preferences;
  isDemo: boolean;
  loginUrl: string;
}

export function createPageView({ chat, texts, preferences, ...rest }: PageViewParts): PageView {
  const { listing, actions } = chat;
  const toast = createToast(texts);
  const announcer = createAnnouncer(texts);
  const menu = createMenu();
  const settings = createSettings(texts, preferences);
  const sidebar = createSidebar({
    ...{ texts, menu, listing, onAnnounce: announcer.say, onNewChat: newChat, onRename: actions.rename },
    settings,
    menuOf: (session) => sessionMenu(session, { texts, actions, onEdit: sidebar.edit }),
  });
  const drawer = createDrawer(texts, sidebar.root);
  const main = createMainView({ ...rest, chat, texts, toggle: drawer.toggle, onAnnounce: announcer.say });
  drawer.covers(main.root);
  const skip = button("skip", texts.skipToMessage, main.focusComposer);
  function newChat(): void {
    drawer.close();
    main.focusComposer();
    chat.newChat();
  }

  return {
    parts: [skip, sidebar.root, drawer.shade, main.root, toast.root, announcer.root],
    get draft() {
      return main.draft;
    },
    set draft(text) {
      main.draft = text;
    },
    render() {
      sidebar.render(listing, chat.session.getSnapshot().sessionId);
      main.render();
    },
    hear: (event) => announcer.hear(event, (runId) => answerOf(chat.session.getSnapshot().view, runId)),
    tell: toast.show,
    undo: toast.undo,
    search() {
      drawer.open();
      sidebar.search();
    },
    newChat,
    focusComposer: main.focusComposer,
    focusLanguage: () => settings.querySelector<HTMLElement>("[name=language]:checked")?.focus(),
  };
}
