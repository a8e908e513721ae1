/** Why a request or an upgrade is refused, as an HTTP answer. */
export interface Refusal {
  status: number;
  reason: string;
  headers?: Readonly<Record<string, string>>;
}

const codes = {
  400: "INVALID_FRAME",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  413: "TOO_LARGE",
  415: "UNSUPPORTED_TYPE",
  429: "TOO_MANY_REQUESTS",
} as const;

/** Returns true for the status of a refusal whose reason may pass, so that a retry may succeed. */
export function mayPass(status: number): boolean {
  return status === 429 || status >= 500;
}

/** Returns the code that goes with the status of a refusal. */
export function codeOf(status: number): (typeof codes)[keyof typeof codes] | "INTERNAL" {
  return Object.hasOwn(codes, status) ? codes[status as keyof typeof codes] : "INTERNAL";
}
