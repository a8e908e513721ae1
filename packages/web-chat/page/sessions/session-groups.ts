import type { ListedSession } from "./session-list.ts";

/** The sessions under one heading. */
export interface SessionGroup {
  readonly heading: string;
  readonly sessions: readonly ListedSession[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The formats of the headings, by language. The list is drawn with each piece of an answer. */
const formats = new Map<string, { days: Intl.RelativeTimeFormat; months: Intl.DateTimeFormat }>();

/** Groups sessions by the time of their last change. The list is in that order already. */
export function groupSessions(
  sessions: readonly ListedSession[],
  { language, lastWeek }: { language: string; lastWeek: string },
  now: number,
): SessionGroup[] {
  const { days, months } = formatsOf(language);
  const today = new Date(now).setHours(0, 0, 0, 0);
  function headingOf({ updatedAt }: ListedSession): string {
    const day = Math.round((new Date(updatedAt).setHours(0, 0, 0, 0) - today) / DAY_MS);
    if (day >= -1) return capitalised(days.format(Math.min(day, 0), "day"), language);
    return day > -7 ? lastWeek : months.format(updatedAt);
  }
  const groups: { heading: string; sessions: ListedSession[] }[] = [];
  for (const session of sessions) {
    const heading = headingOf(session);
    const last = groups.at(-1);
    if (last?.heading === heading) last.sessions.push(session);
    else groups.push({ heading, sessions: [session] });
  }
  return groups;
}

function formatsOf(language: string) {
  const known = formats.get(language) ?? {
    days: new Intl.RelativeTimeFormat(language, { numeric: "auto" }),
    months: new Intl.DateTimeFormat(language, { month: "long", year: "numeric" }),
  };
  formats.set(language, known);
  return known;
}

function capitalised(text: string, language: string): string {
  return text.slice(0, 1).toLocaleUpperCase(language) + text.slice(1);
}
