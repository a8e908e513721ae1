/** Where the gateway's log lines go. `pino()` is one, and so is whatever has these four methods. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** The fields of a log line beside its message. An error is under `err`, as pino has it. */
export type LogFields = Record<string, unknown>;

export type LogLevel = keyof Logger;

/**
 * Prints failures to standard error, and is silent otherwise: what a gateway does that was given no
 * logger.
 */
export function createConsoleLogger(): Logger {
  const silent = () => {};
  return {
    debug: silent,
    info: silent,
    warn: silent,
    error: ({ err, ...fields }, message) => {
      const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
      console.error(`[gateway] ${message}${rest.join("")}`, ...(err === undefined ? [] : [textOf(err)]));
    },
  };
}

function textOf(error: unknown): unknown {
  const { stack } = (error ?? {}) as { stack?: unknown };
  return stack ?? error;
}
