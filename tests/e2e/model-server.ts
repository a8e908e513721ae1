import { LLMock } from "@copilotkit/aimock";

/**
 * A server on loopback that speaks the Messages API, and the environment that makes the real SDK
 * ask it.
 */
export async function startModelServer() {
  const mock = new LLMock({ chunkSize: 8 });
  const url = await mock.start();
  return {
    mock,
    env: { ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: url },
    [Symbol.asyncDispose]: async () => {
      await mock.stop();
    },
  };
}

/** A tool call as the model server answers with it. */
export function toolCall(id: string, name: string, input: Record<string, unknown>) {
  return { id, name, arguments: JSON.stringify(input) };
}
