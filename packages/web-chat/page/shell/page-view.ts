import type { WatchedEvent } from "@mini-openclaw/client";
import { answerOf } from "../conversation/rows/rows.ts";
import { button } from "../dom/elements.ts";
import type { Notice } from "../dom/notice.ts";
import { createAnnouncer } from "../frame/announcer.ts";
import { createDrawer } from "../frame/drawer.ts";
import type { Access } from "../frame/login.ts";
import { createMenu } from "../frame/menu.ts";
import type { Network } from "../frame/network.ts";
import { createAppSettings } from "../frame/settings/app-settings.ts";
import { createKeysHelp } from "../frame/settings/keys-help.ts";
import type { Preferences } from "../frame/settings/preferences.ts";
import { createSettings } from "../frame/settings/settings.ts";
import { createToast } from "../frame/toast.ts";
import { createFormats } from "../language/formats.ts";
import type { Texts } from "../language/texts.ts";
import { createScheduledSessions } from "../sessions/scheduled-sessions.ts";
import { sessionMenu } from "../sessions/session-menu.ts";
import { createSidebar } from "../sessions/sidebar.ts";
import type { Chat } from "./chat.ts";
import { MainView } from "./main-view.ts";
import type { PageOptions } from "./page-options.ts";
import { createPartsView } from "./parts-view.ts";

/** The whole page in one language. */
export interface PageView {
  readonly parts: readonly HTMLElement[];
  /** The text that was not sent. */
  draft: string;
  render(): void;
  /** Announces an event to screen readers. */
  onEvent(event: WatchedEvent): void;
  notify(notice: Notice): void;
  /** Undoes the action of the last notice. Returns false if there is nothing to undo. */
  undo(): boolean;
  /** Focuses the search, and opens the list of sessions where it is hidden. */
  search(): void;
  newChat(): void;
  /** Lists the keys. */
  showKeys(): void;
  /**
   * Focuses the first call of the session that waits for a decision. Returns false if none does.
   */
  focusApproval(): boolean;
  /** Loads the states of the app's parts again. */
  refreshStatus(): void;
  focusComposer(): void;
  /** Focuses the choice of the language. */
  focusLanguage(): void;
}

export interface PageViewParts {
  chat: Chat;
  network: Network;
  texts: Texts;
  preferences: Preferences;
  options: PageOptions;
  gatewayUrl: URL;
  /** The address that takes the gateway's token. */
  tokenUrl: string;
  /** The path of the gateway's HTTP routes. It ends with a slash. */
  httpUrl: string;
  /** Returns the gateway's answer to this browser. */
  access: () => Access;
  /** Returns the name under which drafts of the shown session are saved. */
  address: () => string;
}

export function createPageView({ chat, texts, preferences, ...rest }: PageViewParts): PageView {
  const { listing, actions } = chat;
  const toast = createToast(texts);
  const announcer = createAnnouncer(texts);
  const menu = createMenu();
  const keysHelp = createKeysHelp(texts);
  const settingsUrl = new URL("settings", rest.gatewayUrl);
  const scheduled = createScheduledSessions({
    ...{ texts, formats: createFormats(texts.language) },
    url: rest.options.hasSettings ? settingsUrl : undefined,
    onChange: renderSidebar,
  });
  const appSettings = createAppSettings({
    texts,
    url: settingsUrl,
    sessionId: () => chat.session.getSnapshot().sessionId,
  });
  const openers = [...(rest.options.hasSettings ? [appSettings.opener] : []), keysHelp.opener];
  const settings = createSettings(texts, preferences, openers);
  const status = createPartsView(texts, rest.options.hasParts ? rest.gatewayUrl : undefined);
  const sidebar = createSidebar({
    ...{ texts, menu, listing, onAnnounce: announcer.announce, onNewChat: newChat, onRename: actions.rename },
    status: status.root,
    settings,
    scheduleLabel: scheduled.labelOf,
    menuOf: (session) => sessionMenu(session, { texts, actions, onEdit: sidebar.edit }),
  });
  const drawer = createDrawer(texts, sidebar.root, rest.options);
  const { toggle } = drawer;
  const main = new MainView({ ...rest, chat, texts, toggle, onAnnounce: announcer.announce });
  drawer.setCovered(main.root);
  const skip = button("skip", texts.skipToMessage, () => main.focusComposer());
  function renderSidebar(): void {
    sidebar.render(listing, chat.session.getSnapshot().sessionId);
  }
  function newChat(): void {
    drawer.close();
    main.focusComposer();
    chat.newChat();
  }

  return {
    parts: [
      ...[skip, sidebar.root, drawer.shade, main.root, toast.root, announcer.root],
      ...[keysHelp.root, appSettings.root],
    ],
    get draft() {
      return main.draft;
    },
    set draft(text) {
      main.draft = text;
    },
    render() {
      renderSidebar();
      main.render();
    },
    onEvent(event) {
      announcer.onEvent(event, (runId) => answerOf(chat.session.getSnapshot().view, runId));
    },
    notify: toast.show,
    refreshStatus() {
      status.refresh();
      scheduled.refresh();
    },
    undo: toast.undo,
    search() {
      drawer.open();
      sidebar.search();
    },
    newChat,
    showKeys: keysHelp.show,
    focusApproval: () => main.focusApproval(),
    focusComposer: () => main.focusComposer(),
    focusLanguage: () => settings.querySelector<HTMLElement>("[name=language]:checked")?.focus(),
  };
}
