import type { Formats } from "../language/formats.ts";
import type { Texts } from "../language/texts.ts";

/** The sessions that schedules of the app run in. */
export interface ScheduledSessions {
  /** Returns the times of a session's schedule in words; `undefined` if it has none. */
  readonly labelOf: (sessionId: string) => string | undefined;
  /** Loads the schedules again. */
  refresh(): void;
}

export interface ScheduledSessionsParts {
  texts: Texts;
  formats: Formats;
  /** The address of the app's settings. Without it, the app has no schedules. */
  url: URL | undefined;
  onChange: () => void;
}

export function createScheduledSessions(parts: ScheduledSessionsParts): ScheduledSessions {
  const { url, onChange } = parts;
  let labels: ReadonlyMap<string, string> = new Map();

  async function load(address: URL): Promise<void> {
    try {
      const answer: unknown = await (await fetch(address)).json();
      labels = readLabels(answer, parts);
      onChange();
    } catch {
      // The server is away, or the app answers no settings. The sessions are listed without marks.
    }
  }
  return {
    labelOf: (sessionId) => labels.get(sessionId),
    refresh() {
      if (!url) return;
      const address = new URL(url);
      address.searchParams.set("only", "schedules");
      void load(address);
    },
  };
}

/** Reads an app's answer. Schedules of another shape are left out. */
function readLabels(
  answer: unknown,
  { texts, formats }: Pick<ScheduledSessionsParts, "texts" | "formats">,
): ReadonlyMap<string, string> {
  const { schedules } = Object(answer) as { schedules?: unknown };
  const labels = new Map<string, string>();
  for (const schedule of Array.isArray(schedules) ? (schedules as unknown[]) : []) {
    const { sessionId, when, next } = Object(schedule) as Readonly<Record<string, unknown>>;
    if (typeof sessionId !== "string" || typeof when !== "string") continue;
    const time = typeof next === "string" ? Date.parse(next) : Number.NaN;
    labels.set(sessionId, texts.scheduled(when, Number.isNaN(time) ? undefined : formats.time(time)));
  }
  return labels;
}
