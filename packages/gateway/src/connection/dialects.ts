import { BEARER_SUBPROTOCOL } from "../auth/token.ts";
import { requireSync } from "../shared/callbacks.ts";
import { GatewayError } from "../shared/errors.ts";
import type { Dialect, Translator } from "./dialect.ts";
import { nativeDialect } from "./native-dialect.ts";

// RFC 6455 § 4.1: a subprotocol is a token of RFC 7230.
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** The dialects that a gateway speaks: the native one, and those of its app. */
export class Dialects {
  readonly #bySubprotocol = new Map<string, Dialect>([[nativeDialect.subprotocol, nativeDialect]]);

  /**
   * @throws GatewayError `INVALID_OPTION` for a subprotocol that is none, is taken, or would be a
   * token
   */
  constructor(dialects: readonly Dialect[] = []) {
    for (const dialect of dialects) {
      const { subprotocol } = dialect;
      if (!TOKEN.test(subprotocol) || subprotocol.startsWith(BEARER_SUBPROTOCOL)) {
        const allowed = "an HTTP token that does not begin with bearer.";
        const got = JSON.stringify(subprotocol);
        throw new GatewayError("INVALID_OPTION", `\`subprotocol\` must be ${allowed}, got ${got}.`);
      }
      if (this.#bySubprotocol.has(subprotocol))
        throw new GatewayError(
          "INVALID_OPTION",
          `\`dialects\` must have distinct subprotocols, got ${subprotocol} again.`,
        );
      this.#bySubprotocol.set(subprotocol, dialect);
    }
  }

  /** Returns the first known subprotocol among those a client offers, or false. */
  choose(offered: Iterable<string>): string | false {
    for (const subprotocol of offered) if (this.#bySubprotocol.has(subprotocol)) return subprotocol;
    return false;
  }

  /** Begins a connection of which `subprotocol` was chosen, if any was. */
  connect(subprotocol: string | undefined): Translator {
    const dialect = this.#bySubprotocol.get(subprotocol ?? "") ?? nativeDialect;
    return requireSync(dialect.connect(), "connect");
  }
}
