import { AsyncLocalStorage } from "node:async_hooks";
import type { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { McpHttpServer } from "./config.ts";
import { isEventStream, limitedFetch } from "./limited-fetch.ts";

/** The answer to the request that is being sent. */
const answers = new AsyncLocalStorage<{ isStream: boolean }>();

/**
 * Creates a transport whose request fails as soon as the server has ended its answer without a
 * result. The transport of the SDK leaves such a request to its time limit.
 */
export async function createHttpTransport(server: McpHttpServer): Promise<StreamableHTTPClientTransport> {
  const sdk = await import("@modelcontextprotocol/client");
  class HttpTransport extends sdk.StreamableHTTPClientTransport {
    override async send(...[message, options]: Parameters<StreamableHTTPClientTransport["send"]>) {
      if (Array.isArray(message) || !sdk.isJSONRPCRequest(message)) return await super.send(message, options);
      const { id, method } = message;
      // The client ignores this where the request has its result already.
      const end = () => {
        const text = `The server ended its answer to \`${method}\` without a result; it may have run.`;
        const error = { code: sdk.INTERNAL_ERROR, message: text };
        this.onmessage?.({ jsonrpc: "2.0", id, error });
      };
      const answer = { isStream: false };
      // A stream that can be resumed ends when that has failed.
      await answers.run(answer, () => super.send(message, { ...options, onRequestStreamEnd: end }));
      if (!answer.isStream) end();
    }
  }
  return new HttpTransport(new URL(server.url), {
    requestInit: { headers: { ...server.headers } },
    fetch: async (url, init) => {
      const response = await limitedFetch(url, init);
      const answer = answers.getStore();
      // The SDK does not read an answer with this status.
      if (answer) answer.isStream = response.status !== 202 && isEventStream(response);
      return response;
    },
  });
}
