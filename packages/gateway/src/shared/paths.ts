import { mustBe } from "@mini-openclaw/protocol/shared";
import { GatewayError } from "./errors.ts";

/** Returns a path with a slash at its beginning and none at its end. The root is `/`. */
export function normalizePath(path: string): string {
  return `/${path.replace(/^\/+|\/+$/g, "")}`;
}

/**
 * Returns an option that is a path, in the form in which it is compared.
 *
 * @throws GatewayError `INVALID_OPTION` for a path that no request can have
 */
export function readPath(path: unknown): string {
  if (typeof path === "string" && /^[^\s?#]*$/.test(path) && !path.includes("://"))
    return normalizePath(path);
  throw new GatewayError("INVALID_OPTION", mustBe("path", "a path such as /claw, without a query", path));
}
