import type { RunEvent } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { AiSdkError } from "../shared/errors.ts";
import type { UiChunk } from "../shared/ui-chunk.ts";
import { RunFeed } from "./run-feed.ts";

/**
 * Returns a run as a stream of chunks, for `createUIMessageStreamResponse` of the AI SDK. It needs
 * no gateway: `run` is what the `run` of an agent returns. The run is pulled as the stream is read,
 * and a cancelled stream ends the run's iteration. The stream fails with the run's iteration.
 *
 * @throws AiSdkError `INVALID_OPTION`
 */
export function createUiMessageStream(run: AsyncIterable<RunEvent>): ReadableStream<UiChunk> {
  if (typeof Reflect.get(Object(run), Symbol.asyncIterator) !== "function")
    throw new AiSdkError("INVALID_OPTION", mustBe("run", "what `run` of an agent returns", run));
  const events = run[Symbol.asyncIterator]();
  let feed: RunFeed | undefined;
  let isOver = false;
  let emitted = 0;
  return new ReadableStream<UiChunk>({
    start(controller) {
      feed = new RunFeed({
        // Nobody can continue a message that ends before its run.
        pausesFrom: Number.POSITIVE_INFINITY,
        emit: (chunk) => {
          emitted += 1;
          controller.enqueue(chunk);
        },
        onEnd: () => {
          isOver = true;
          controller.close();
        },
      });
    },
    /** Pulls events until one has a chunk, or the run is over. */
    async pull(controller) {
      for (const before = emitted; !isOver && emitted === before; ) {
        const next = await events.next();
        if (!next.done) feed?.add(next.value);
        else if (!isOver) {
          isOver = true;
          controller.close();
        }
      }
    },
    async cancel() {
      isOver = true;
      feed?.close();
      await events.return?.();
    },
  });
}
