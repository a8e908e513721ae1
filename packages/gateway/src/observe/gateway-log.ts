import { swallowRejection } from "../shared/callbacks.ts";
import { cleanFields } from "./clean-fields.ts";
import type { LogFields, Logger, LogLevel } from "./logger.ts";
import { createRepeatLimit } from "./repeat-limit.ts";

/**
 * Everything that the gateway logs goes through here: secrets are redacted, control characters
 * escaped, and of a message that repeats only the first lines are written, then how many were left
 * out. Messages are fixed texts; what varies is in their fields.
 */
export class GatewayLog {
  readonly #logger: Logger;
  readonly #secrets = new Set<string>();
  readonly #repeats = createRepeatLimit();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Redacts this text from now on, wherever it stands. */
  hide(secret: string): void {
    this.#secrets.add(secret);
  }

  write(level: LogLevel, message: string, fields: LogFields = {}): void {
    const isShown = this.#repeats.allow(message, (leftOut) => {
      this.#hand(level, "lines like the last ones were left out", { of: message, leftOut });
    });
    if (isShown) this.#hand(level, message, fields);
  }

  close(): void {
    this.#repeats.close();
  }

  #hand(level: LogLevel, message: string, fields: LogFields): void {
    try {
      swallowRejection(this.#logger[level](cleanFields(fields, this.#secrets), message));
    } catch {
      // A logger that throws, or a field of an error, must not end a run or a connection, and there
      // is nowhere to say so.
    }
  }
}
