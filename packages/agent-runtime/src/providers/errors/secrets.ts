/** The options of a provider that may hold secrets. */
export interface SecretOptions {
  headers?: Readonly<Record<string, string>> | undefined;
  query?: Readonly<Record<string, string>> | undefined;
  extraBody?: Readonly<Record<string, unknown>> | undefined;
}

/** Shorter values of headers, queries and bodies are no secrets. */
const MIN_SECRET_CHARS = 8;

/** Returns the values of the options that no error may quote. */
export function secretsOf(apiKey: string, { headers, query, extraBody }: SecretOptions): string[] {
  const fields = [headers, query, extraBody].flatMap((one) => Object.entries<unknown>(one ?? {}));
  const texts = fields.filter((field): field is [string, string] => typeof field[1] === "string");
  return [apiKey, ...secretsIn(texts)];
}

/** Returns the values of the fields that are named like a secret, or that look like one. */
export function secretsIn(fields: Iterable<[string, string]>): string[] {
  const values = [...fields].filter(isSecret).map(([, value]) => value.replace(/^(?:Bearer|Basic)\s+/i, ""));
  return values.filter(({ length }) => length >= MIN_SECRET_CHARS);
}

function isSecret([name, value]: [string, string]): boolean {
  const isNamed = /auth|key|token|secret|cookie|password|credential|sig|code/i.test(name);
  return isNamed || /^(?=.*\d)(?=.*[a-z])[\w.~+/=-]{24,}$/i.test(value);
}
