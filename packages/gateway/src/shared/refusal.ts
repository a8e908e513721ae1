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
  429: "TOO_MANY_REQUESTS",
} as const;

/** Returns the code that goes with the status of a refusal. */
export function codeOf(status: number): (typeof codes)[keyof typeof codes] | "INTERNAL" {
  return Object.hasOwn(codes, status) ? codes[status as keyof typeof codes] : "INTERNAL";
}
