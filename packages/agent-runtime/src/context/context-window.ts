/** The share of a request that did not fit which is sent next. */
const SHRINK = 0.6;

/** Smaller requests say little about how a server counts. */
const MIN_ESTIMATE = 2000;

/** The estimate is corrected in steps, so that the context is not cut anew at every turn. */
const STEP = 0.25;

/** Sessions whose own limit is remembered. Of more, the oldest is learned again. */
const MAX_SESSIONS = 1000;

/** The session of a refused request, and whether the reason may be its own. */
interface Refused {
  sessionId: string;
  isOwn: boolean;
}

/**
 * The tokens that the messages of a request may cost, in tokens of our estimate. What each model's
 * server counts corrects it: a server knows its window and its tokens, an estimate does not.
 *
 * A file teaches nothing about other conversations: nobody knows its tokens from its bytes.
 */
export class ContextWindow {
  readonly #maxTokens: number;
  readonly #limits = new Map<string, number>();
  readonly #sessionLimits = new Map<string, number>();
  readonly #scales = new Map<string, number>();

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  limitFor(model: string, sessionId: string): number {
    const limit = Math.min(
      this.#maxTokens / (this.#scales.get(model) ?? 1),
      this.#limits.get(model) ?? Infinity,
      this.#sessionLimits.get(keyOf(model, sessionId)) ?? Infinity,
    );
    return Number.isFinite(limit) ? Math.floor(limit) : limit;
  }

  /**
   * Lowers the limit of a model, because a request with messages of so many estimated tokens did
   * not fit. Where the reason may be a file, or the bytes of the request, only the session's.
   */
  shrink(model: string, estimatedTokens: number, { sessionId, isOwn }: Refused): void {
    const limit = Math.min(this.limitFor(model, sessionId), Math.floor(estimatedTokens * SHRINK));
    if (!isOwn) {
      this.#limits.set(model, limit);
      return;
    }
    this.#sessionLimits.set(keyOf(model, sessionId), limit);
    const [oldest] = this.#sessionLimits.keys();
    if (this.#sessionLimits.size > MAX_SESSIONS && oldest !== undefined) this.#sessionLimits.delete(oldest);
  }

  /**
   * Corrects the estimate by what the server counted for a request. It only grows, so that what was
   * cut stays cut.
   */
  calibrate(model: string, estimatedTokens: number, countedTokens: number): void {
    if (estimatedTokens < MIN_ESTIMATE) return;
    const scale = Math.ceil(countedTokens / estimatedTokens / STEP - 0.6) * STEP;
    if (scale > (this.#scales.get(model) ?? 1)) this.#scales.set(model, Math.min(scale, 4));
  }
}

function keyOf(model: string, sessionId: string): string {
  return `${model}\0${sessionId}`;
}
