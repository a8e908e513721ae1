import type { MessageMode, RunCost } from "@mini-openclaw/protocol";
import type { Chat } from "./chat.ts";
import { createComposer } from "./composer/composer.ts";
import { createConversation } from "./conversation/conversation.ts";
import { button, element } from "./dom/elements.ts";
import { createConnectionBanner, isRefused } from "./frame/connection-banner.ts";
import { createLoginView } from "./frame/login.ts";
import { createStatusView } from "./frame/status-view.ts";
import { createFormats } from "./language/formats.ts";
import type { Texts } from "./language/texts.ts";
import { createHighlighter } from "./markdown/highlight.ts";
import { createMarkdownRenderer } from "./markdown/markdown-view.ts";
import { sessionIdOf } from "./sessions/session-address.ts";
import { createDemoNotice, createWelcome } from "./welcome.ts";

/** What stands beside the sidebar: the session that is shown, and all that is to be said about it. */
export interface MainView {
  readonly root: HTMLElement;
  /** What is written and not sent. */
  draft: string;
  render(): void;
  readonly focusComposer: () => void;
}

export interface MainViewParts {
  chat: Chat;
  texts: Texts;
  isDemo: boolean;
  loginUrl: string;
  /** Opens the list of sessions where the window has no room for it. */
  toggle: HTMLElement;
  /** Told to those who cannot see the page. */
  onAnnounce: (text: string) => void;
}

export function createMainView({ chat, texts, toggle, onAnnounce, ...page }: MainViewParts): MainView {
  const { client } = chat;
  const { isDemo, loginUrl } = page;
  const formats = createFormats(texts.language);
  const status = createStatusView({ texts, formats, toggle });
  const banner = createConnectionBanner({ texts, onRetryNow: client.retryNow });
  const archived = createArchivedNotice(texts, chat);
  const login = createLoginView({ texts, url: loginUrl, onLogin: client.retryNow });
  const highlighter = createHighlighter();
  const conversation = createConversation({
    ...{ texts, formats, highlighter, onAnnounce },
    markdown: createMarkdownRenderer({
      ...{ texts, highlighter, onAnnounce },
      onLate: (update) => conversation.change(update),
    }),
    welcome: createWelcome({ texts, isDemo, onSend: send }),
    onLoadEarlier: chat.loadEarlier,
    onSendAgain: chat.sendAgain,
    onDiscard: (id) => chat.session.discard(id),
    onApprove: (callId, decision) => void chat.session.approve(callId, decision),
    onCallOff: (runId) => void chat.session.abort(runId),
    onRetry: chat.retry,
    onFork: chat.forkAt,
  });
  const composer = createComposer({
    ...{ texts, drafts: chat.drafts },
    onSend: send,
    onStop: () => void chat.session.abort(),
  });
  /** False: not now, and the text stays where it was written. */
  function send(content: string, mode: MessageMode = "queue"): boolean {
    if (chat.isBeginning) return false;
    conversation.followNewest();
    chat.send(content, { mode });
    return true;
  }

  status.root.append(banner.root, ...(isDemo ? [createDemoNotice(texts)] : []), archived);
  const parts = [status.root, login.root, conversation.root, composer.root];
  return {
    root: element("div", "page", ...parts),
    get draft() {
      return composer.draft;
    },
    set draft(text) {
      composer.draft = text;
    },
    focusComposer: composer.focus,
    render() {
      const connection = client.getSnapshot();
      const snapshot = chat.session.getSnapshot();
      status.render(connection, { sessionId: snapshot.sessionId, title: chat.title, cost: costOf(chat) });
      banner.render(connection);
      archived.hidden = !chat.summary?.archived;
      login.show(connection.phase === "held" && !isRefused(connection));
      conversation.render(snapshot, chat.problem);
      const { sessionId: _before, ...unnamed } = snapshot;
      if (chat.isBeginning) composer.render(unnamed, "");
      else composer.render(snapshot, sessionIdOf(location.hash) ?? "");
    },
  };
}

function createArchivedNotice(texts: Texts, chat: Chat): HTMLElement {
  const takeBack = button("link", texts.unarchive, () => {
    const { sessionId } = chat.session.getSnapshot();
    if (sessionId !== undefined) chat.actions.unarchive(sessionId);
  });
  return element("p", "archived-notice", element("span", "", texts.isArchived), takeBack);
}

/** What the session cost so far, as the gateway last told it. */
function costOf({ summary }: Chat): RunCost | undefined {
  return summary?.usage && { usage: summary.usage, costUsd: summary.costUsd };
}
