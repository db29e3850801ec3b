const day = 86_400_000

/** Both daily tables of some days, counted from a time's day on. */
export const dailyTables = (from: Date, firstDay: number, lastDay: number): readonly string[] =>
  Array.from({ length: lastDay - firstDay + 1 }, (_, index) =>
    new Date(from.getTime() + (firstDay + index) * day).toISOString().slice(0, 10).replaceAll('-', ''),
  ).flatMap((date) => [`ledger${date}`, `refusals${date}`])
