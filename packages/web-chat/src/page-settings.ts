/**
 * The settings and the knowledge of an app, for the page's dialog: the answer to `GET settings`
 * beside the gateway's WebSocket. The query `session` has the id of the shown chat. Absent and
 * empty lists are not shown.
 *
 * `POST settings` with `{ sessionId, model?, effort? }` selects a model and an effort for a chat.
 */
export interface PageSettings {
  /** The models that a chat may use. The first one is the default. */
  models?: readonly string[];
  /** The efforts that a chat may use. Without a selection, the model's own one. */
  efforts?: readonly string[];
  /** The selection of the chat in the query. */
  chat?: { model?: string; effort?: string };
  /** The cost of each day, oldest first. */
  costs?: readonly DayCost[];
  /** The tools of the agent, with their descriptions. */
  tools?: readonly PageFact[];
  /** The skills of the agent, with their descriptions. */
  skills?: readonly PageFact[];
  /** The texts that the agent remembers, such as the one of MEMORY.md. */
  memory?: readonly PageFact[];
  /**
   * The chats that schedules run in. The list marks them. The page loads them with each connection,
   * with the query `only=schedules`, which an app may answer without the rest.
   */
  schedules?: readonly PageSchedule[];
}

/** A chat that a schedule runs in. */
export interface PageSchedule {
  sessionId: string;
  /** The times of the schedule, such as `0 9 * * 1-5`. */
  when: string;
  /** The next time, as ISO 8601. Absent if none is known. */
  next?: string;
}

/** The cost of one day. */
export interface DayCost {
  /** The day, such as `2026-11-29`. */
  day: string;
  costUsd: number;
}

/** A name, and a text about it. */
export interface PageFact {
  name: string;
  text?: string;
}
