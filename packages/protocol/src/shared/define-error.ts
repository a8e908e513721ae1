/** An error with a stable `code`. Branch on the code, never on the message. */
export interface CodedError<Code extends string> extends Error {
  readonly code: Code;
}

/** The class of a package's errors. */
export interface CodedErrorClass<Code extends string> {
  new (code: Code, message: string, options?: ErrorOptions): CodedError<Code>;
  /** Returns true for an error of this class from any installed copy of its package. */
  is<Instance>(this: new (...args: never[]) => Instance, error: unknown): error is Instance;
}

/**
 * Creates the class of a package's errors.
 *
 * `instanceof` fails when a program has two copies of a package. `is` works there too, because it
 * looks for a symbol that all copies share.
 *
 * @example class GatewayError extends defineError<GatewayErrorCode>("GatewayError") {}
 */
export function defineError<Code extends string>(name: string): CodedErrorClass<Code> {
  const brand = Symbol.for(`@mini-openclaw/${name}`);

  class Coded extends Error implements CodedError<Code> {
    readonly code: Code;

    constructor(code: Code, message: string, options?: ErrorOptions) {
      super(message, options);
      this.code = code;
    }

    static is(error: unknown): boolean {
      try {
        return typeof error === "object" && error !== null && brand in error;
      } catch {
        // A proxy that throws.
        return false;
      }
    }
  }
  // On the prototype, so that the stack begins with the name and a log does not repeat it as a
  // field.
  Object.defineProperties(Coded.prototype, { name: { value: name }, [brand]: { value: true } });
  return Coded as unknown as CodedErrorClass<Code>;
}
