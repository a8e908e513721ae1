import type { IncomingMessage, ServerResponse } from "node:http";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { isThenable } from "../shared/callbacks.ts";
import { GatewayError, gatewayFailed, nothingThere } from "../shared/errors.ts";
import { sendJson } from "../shared/http-body.ts";
import { readPaths } from "../shared/paths.ts";

/** Answers requests of an app. Returning false leaves a request to a 404. */
type Serve = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** Answers one request. A failure of a function becomes a 500. */
export type RouteAnswerer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** The app's own paths behind the token. */
export type Routes = ReadonlyMap<string, Serve>;

/** @throws GatewayError `INVALID_OPTION` for a path without a function */
export function readRoutes(routes: Readonly<Record<string, RouteAnswerer>> | undefined): Routes {
  return new Map(
    [...readPaths("routes", routes)].map(([path, answer]) => {
      if (typeof answer === "function") return [path, always(answer)];
      throw new GatewayError("INVALID_OPTION", mustBe(`routes["${path}"]`, "a function", answer));
    }),
  );
}

function always(answer: RouteAnswerer): Serve {
  return async (request, response) => {
    await answer(request, response);
    return true;
  };
}

/**
 * Lets the app answer a request, or answers 404. A failure of the app becomes a 500. Never rejects.
 */
export async function answerOther(
  serve: Serve | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  onFailure: (error: unknown, during: string) => void,
): Promise<void> {
  try {
    // Not awaited where it is no promise: a page is answered at once.
    const served = serve?.(request, response) ?? false;
    if (!(isThenable(served) ? await served : served)) sendJson(response, 404, nothingThere);
  } catch (error) {
    onFailure(error, "serve");
    if (response.headersSent) response.destroy();
    else sendJson(response, 500, { error: gatewayFailed, code: "INTERNAL", retryable: true });
  }
}
