import type { MenuItem } from "../frame/menu.ts";
import type { ExportFormat } from "../language/frame-texts.ts";
import type { Texts } from "../language/texts.ts";
import type { SessionActions } from "./session-actions.ts";
import type { ListedSession } from "./session-list.ts";

export interface SessionMenuParts {
  texts: Texts;
  actions: SessionActions;
  onEdit: (sessionId: string) => void;
}

/** Returns the actions for a session of the list. */
export function sessionMenu(
  session: ListedSession,
  { texts, actions, onEdit }: SessionMenuParts,
): readonly MenuItem[] {
  const { sessionId, archived = false } = session;
  const exported = (format: ExportFormat): MenuItem => ({
    label: texts.export[format],
    icon: "download",
    onChoose: () => actions.export(session, format, texts),
  });
  return [
    { label: texts.rename, icon: "rename", onChoose: () => onEdit(sessionId) },
    exported("markdown"),
    exported("jsonl"),
    archived
      ? { label: texts.unarchive, icon: "unarchive", onChoose: () => actions.unarchive(sessionId) }
      : { label: texts.archive, icon: "archive", onChoose: () => actions.archive(session) },
    { label: texts.remove, icon: "remove", isDestructive: true, onChoose: () => actions.remove(session) },
  ];
}
