/** One line of the table: `ratio` is ours against the floor of the same run, or against a limit where there is none. */
export interface Row {
  readonly what: string;
  readonly unit: 'ms' | 'MB' | 'x' | '';
  readonly floor: number | undefined;
  readonly ours: number;
  readonly ratio: number | undefined;
  readonly goal: string;
  readonly ok: boolean;
  readonly note?: string;
}
export interface BenchOptions {
  readonly quick: boolean;
  readonly say: (line: string) => void;
}
export type Bench = (options: BenchOptions) => Promise<readonly Row[]>;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const mid = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[mid]! : (sorted[mid - 1]! + sorted[mid]!) / 2;
};

/** A row whose goal is `ours <= most x floor`. */
export const ratioRow = (row: {
  readonly what: string;
  readonly floor: readonly number[];
  readonly ours: readonly number[];
  readonly most: number;
  readonly note?: string;
}): Row => {
  const floor = median(row.floor);
  const ours = median(row.ours);
  const ratio = ours / floor;
  const { what, most, note } = row;
  const goal = `<= ${most} x`;
  return {
    what,
    unit: 'ms',
    floor,
    ours,
    ratio,
    goal,
    ok: ratio <= most,
    ...(note !== undefined && { note }),
  };
};

/** A row whose goal is `ours < limit`, in MB (10^6 bytes). */
export const limitRow = (row: {
  readonly what: string;
  readonly ours: number;
  readonly limit: number;
  readonly note?: string;
}): Row => {
  const { what, ours, limit, note } = row;
  const goal = `< ${limit} MB`;
  return {
    what,
    unit: 'MB',
    floor: undefined,
    ours,
    ratio: undefined,
    goal,
    ok: ours < limit,
    ...(note !== undefined && { note }),
  };
};

const number = (value: number | undefined, unit: Row['unit']): string =>
  value === undefined ? '' : `${value.toFixed(value < 100 ? 1 : 0)}${unit === '' ? '' : ` ${unit}`}`;

/** The rows as aligned columns, the notes below them. */
export const renderRows = (rows: readonly Row[]): string => {
  const cells = [
    ['what', 'floor', 'ours', 'ratio', 'goal', 'ok'],
    ...rows.map((row) => [
      row.what,
      number(row.floor, row.unit),
      number(row.ours, row.unit),
      row.ratio === undefined ? '' : row.ratio.toFixed(2),
      row.goal,
      row.ok ? 'yes' : 'NO',
    ]),
  ];
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  const lines = cells.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  const notes = rows.flatMap((row) => (row.note === undefined ? [] : [`  ${row.what}: ${row.note}`]));
  return [...lines, ...notes].join('\n');
};
