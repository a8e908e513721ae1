/** Formats numbers in the reader's language. */
export interface Formats {
  /** Formats a number of tokens in few characters. */
  readonly count: (value: number) => string;
  /** Formats US dollars. Small amounts get more decimal places. */
  readonly money: (usd: number) => string;
  readonly duration: (ms: number) => string;
  /** Formats a point in time in few characters: today without the day. */
  readonly time: (timestamp: number) => string;
  /** Formats a point in time with its day and seconds. */
  readonly date: (timestamp: number) => string;
  /** Formats a size in kB or MB. */
  readonly bytes: (value: number) => string;
}

export function createFormats(language: string): Formats {
  const compact = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const unit = (name: string, maximumFractionDigits = 0) =>
    new Intl.NumberFormat(language, {
      style: "unit",
      unit: name,
      unitDisplay: "narrow",
      maximumFractionDigits,
    });
  const [milliseconds, tenths] = [unit("millisecond"), unit("second", 1)];
  const [kilobytes, megabytes] = [unit("kilobyte"), unit("megabyte", 1)];
  const [seconds, minutes] = [unit("second"), unit("minute")];
  const dollars = (places: number) =>
    new Intl.NumberFormat(language, {
      ...{ style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" },
      ...{ minimumFractionDigits: 2, maximumFractionDigits: places },
    });
  const [cents, fractions] = [dollars(2), dollars(4)];

  const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  const day = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" } as const;
  const [thisYear, anyYear] = [day, { ...day, year: "numeric" } as const].map(
    (options) => new Intl.DateTimeFormat(language, options),
  );
  const whole = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });

  return {
    count: (value) => compact.format(value),
    money: (usd) => (usd < 1 ? fractions : cents).format(usd),
    date: (timestamp) => whole.format(timestamp),
    time(timestamp) {
      const [then, now] = [new Date(timestamp), new Date()];
      if (then.toDateString() === now.toDateString()) return clock.format(then);
      const format = then.getFullYear() === now.getFullYear() ? thisYear : anyYear;
      return (format ?? whole).format(then);
    },
    bytes: (value) =>
      value < 1_000_000
        ? kilobytes.format(Math.max(1, Math.round(value / 1000)))
        : megabytes.format(Math.floor(value / 100_000) / 10),
    duration(ms) {
      if (ms < 1000) return milliseconds.format(ms);
      if (ms < 59_950) return tenths.format(ms / 1000);
      const wholeSeconds = Math.round(ms / 1000);
      return `${minutes.format(Math.floor(wholeSeconds / 60))} ${seconds.format(wholeSeconds % 60)}`;
    },
  };
}
