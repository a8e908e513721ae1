/** The share of a request that did not fit which is sent next. */
const SHRINK = 0.6;

/** Smaller requests say little about how a server counts. */
const MIN_ESTIMATE = 2000;

/** The estimate is corrected in steps, so that the context is not cut anew at every turn. */
const STEP = 0.25;

/**
 * The tokens that the messages of a request may cost, in tokens of our estimate. What each model's
 * server counts corrects it: a server knows its window and its tokens, an estimate does not.
 */
export class ContextWindow {
  readonly #maxTokens: number;
  readonly #limits = new Map<string, number>();
  readonly #scales = new Map<string, number>();

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  limitFor(model: string): number {
    const limit = Math.min(
      this.#maxTokens / (this.#scales.get(model) ?? 1),
      this.#limits.get(model) ?? Infinity,
    );
    return Number.isFinite(limit) ? Math.floor(limit) : limit;
  }

  /**
   * Lowers the limit of a model, because a request with messages of so many estimated tokens did
   * not fit.
   */
  shrink(model: string, estimatedTokens: number): void {
    this.#limits.set(model, Math.min(this.limitFor(model), Math.floor(estimatedTokens * SHRINK)));
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
