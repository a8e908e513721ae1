import { checkCount, checkKnown } from "../shared/check-options.ts";
import { startTimer } from "../shared/timers.ts";
import type { CommandEnd, RunningCommand } from "./run-command.ts";

/** A command that continues after its call. */
export interface BackgroundCommand {
  readonly id: string;
  readonly command: string;
  readonly running: RunningCommand;
  /** When it was started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Absent while it runs. */
  end?: CommandEnd;
}

export interface BackgroundLimits {
  /** Commands of one session that run in the background at a time. @default 5 */
  maxCommands?: number;
  /** Commands of all sessions that run in the background at a time. @default 50 */
  maxAllCommands?: number;
  /**
   * The time without a call of its session after which a command is ended.
   * @default 1800000, 30 minutes
   */
  idleMs?: number;
}

/** Commands in the background, each known to its own session only. */
export interface BackgroundCommands {
  /** Returns why no other command may go on in the background, if so. */
  refusal(sessionId: string): string | undefined;
  add(sessionId: string, command: string, running: RunningCommand): BackgroundCommand;
  find(sessionId: string, id: string): BackgroundCommand | undefined;
  list(sessionId: string): readonly BackgroundCommand[];
  /** Forgets a command that has ended. */
  remove(sessionId: string, id: string): void;
  /** Ends all commands. Resolves when they are gone. */
  close(): Promise<void>;
}

/**
 * Ended commands of a session that wait for their output to be read. Of more, the oldest is
 * forgotten.
 */
const MAX_ENDED = 20;

interface Session {
  readonly commands: Map<string, BackgroundCommand>;
  count: number;
  timer?: NodeJS.Timeout;
}

/** @throws AgentError `INVALID_OPTION` */
export function createBackgroundCommands(limits: BackgroundLimits = {}): BackgroundCommands {
  checkKnown("background", limits, { maxCommands: true, maxAllCommands: true, idleMs: true });
  const maxCommands = checkCount("background.maxCommands", limits.maxCommands ?? 5);
  const maxAllCommands = checkCount("background.maxAllCommands", limits.maxAllCommands ?? 50);
  const idleMs = checkCount("background.idleMs", limits.idleMs ?? 1_800_000);
  const sessions = new Map<string, Session>();
  let isWatching = false;
  const all = () => [...sessions.values()].flatMap(({ commands }) => [...commands.values()]);
  // A process that exits takes its commands with it.
  const killAll = () => {
    for (const { running } of all().filter(isRunning)) running.kill();
  };
  /** Returns a session, and begins its idle time anew. */
  const use = (sessionId: string): Session | undefined => {
    const session = sessions.get(sessionId);
    if (!session) return undefined;
    clearTimeout(session.timer);
    session.timer = startTimer(idleMs, () => {
      for (const { running } of session.commands.values()) running.end("timeout");
      sessions.delete(sessionId);
    });
    session.timer.unref();
    return session;
  };
  return {
    refusal(sessionId) {
      const own = [...(use(sessionId)?.commands.values() ?? [])].filter(isRunning);
      const names = own.map(({ id, command }) => `${id} (${shorten(command)})`).join(", ");
      if (own.length >= maxCommands)
        return `${own.length} commands run in the background: ${names}. End one with bash_stop first.`;
      return all().filter(isRunning).length < maxAllCommands
        ? undefined
        : `${maxAllCommands} commands of all sessions run in the background. Try again later.`;
    },
    add(sessionId, command, running) {
      if (!isWatching) process.once("exit", killAll);
      isWatching = true;
      if (!sessions.has(sessionId)) sessions.set(sessionId, { commands: new Map(), count: 0 });
      const session = use(sessionId) as Session;
      session.count += 1;
      const id = `bash_${session.count}`;
      const added: BackgroundCommand = { id, command, running, startedAt: Date.now() };
      session.commands.set(id, added);
      const onEnd = (end: CommandEnd) => {
        added.end = end;
        const ended = [...session.commands.values()].filter((one) => !isRunning(one));
        for (const one of ended.slice(0, -MAX_ENDED)) session.commands.delete(one.id);
      };
      running.ended.then(onEnd, () => onEnd({ status: undefined }));
      return added;
    },
    find: (sessionId, id) => use(sessionId)?.commands.get(id),
    list: (sessionId) => [...(use(sessionId)?.commands.values() ?? [])],
    remove: (sessionId, id) => void sessions.get(sessionId)?.commands.delete(id),
    async close() {
      const running = all().filter(isRunning);
      for (const { timer } of sessions.values()) clearTimeout(timer);
      sessions.clear();
      process.off("exit", killAll);
      isWatching = false;
      for (const one of running) one.running.end("stopped");
      await Promise.allSettled(running.map((one) => one.running.ended));
    },
  };
}

function isRunning({ end }: BackgroundCommand): boolean {
  return end === undefined;
}

/** Returns the beginning of a command line, in one line. */
export function shorten(command: string): string {
  const [line = ""] = command.trim().split("\n");
  return line.length > 60 || line !== command.trim() ? `${line.slice(0, 60)}…` : line;
}
