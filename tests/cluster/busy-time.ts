import { cpus } from "node:os";

/** The share of time in which the machine is busy, from now on. */
export class BusyTime {
  readonly #before = total();

  /** The share in percent, over all cores. */
  get percent(): number {
    const now = total();
    const idle = now.idle - this.#before.idle;
    return Math.round(100 * (1 - idle / (now.all - this.#before.all)));
  }
}

function total(): { idle: number; all: number } {
  const sum = { idle: 0, all: 0 };
  for (const { times } of cpus()) {
    sum.idle += times.idle;
    for (const time of Object.values(times)) sum.all += time;
  }
  return sum;
}
